// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed" // the commonest passwords
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/pleio-node/pleio-node/fault"
)

// argon2id with the parameters that OWASP's password storage cheat sheet advises for small machines.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonKey    = 32
	argonSalt   = 16
)

const (
	minPassword = 12  // characters (ASVS 2.1.1)
	maxPassword = 256 // characters: beyond that it is not a password but an attack on the hash
)

//go:embed common.txt
var commonText string

var common = func() map[string]bool {
	words := make(map[string]bool)
	for line := range strings.Lines(commonText) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			words[line] = true
		}
	}
	return words
}()

// What can be wrong with a new password.
var (
	ErrUnreadablePassword = fault.Say(fault.Invalid, "The password contains characters that cannot be read.")
	ErrShortPassword      = fault.Say(fault.Invalid, "The password is too short: use at least %d characters, for instance four words.", minPassword)
	ErrLongPassword       = fault.Say(fault.Invalid, "The password is too long: use at most %d characters.", maxPassword)
	ErrCommonPassword     = fault.Say(fault.Invalid, "This password is one of the first that anybody would try: choose another one, for instance four words.")
	ErrNameAsPassword     = fault.Say(fault.Invalid, "The password must not be the name or the e-mail address of the account.")
)

// checkPassword says what is wrong with a new password. Length is what counts; there are no rules of composition.
func checkPassword(password string, about ...string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return ErrUnreadablePassword
	case n < minPassword:
		return ErrShortPassword
	case n > maxPassword:
		return ErrLongPassword
	}
	lower := strings.ToLower(normal(password))
	core := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	different := make(map[rune]bool)
	for _, r := range lower {
		different[r] = true
	}
	if common[lower] || common[core] || len(different) < 5 {
		return ErrCommonPassword
	}
	for _, word := range about {
		word = strings.ToLower(word)
		local, _, _ := strings.Cut(word, "@")
		if word != "" && (lower == word || core == word || lower == local || core == local) {
			return ErrNameAsPassword
		}
	}
	return nil
}

// normal makes the same password of the same characters, whatever keyboard or system they were typed on.
func normal(password string) string { return norm.NFKC.String(password) }

// Hashed is a password that was found good, as it is stored.
type Hashed struct{ phc string } // PHC string format

// HashPassword checks and hashes a new password. Words about its owner (name, e-mail address) are no passwords.
// It takes tens of milliseconds and may have to wait, so it is not for the inside of a transaction.
func (a *Auth) HashPassword(ctx context.Context, password string, about ...string) (Hashed, error) {
	if err := checkPassword(password, about...); err != nil {
		return Hashed{}, err
	}
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	key, err := a.derive(ctx, password, salt, argonTime, argonMemory, argonLanes)
	if err != nil {
		return Hashed{}, err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return Hashed{fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes, b64(salt), b64(key))}, nil
}

// matches compares a password with what is stored. With nothing stored it takes as long, and says no.
func (a *Auth) matches(ctx context.Context, stored, password string) (bool, error) {
	if utf8.RuneCountInString(password) > maxPassword {
		password = "" // no password is empty
	}
	if stored == "" {
		_, err := a.derive(ctx, password, make([]byte, argonSalt), argonTime, argonMemory, argonLanes)
		return false, err
	}
	memory, time, lanes, salt, want, err := parseHash(stored)
	if err != nil {
		return false, err
	}
	got, err := a.derive(ctx, password, salt, time, memory, lanes)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

func parseHash(stored string) (memory, time uint32, lanes uint8, salt, key []byte, err error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return 0, 0, 0, nil, nil, errors.New("read stored password: unknown form")
	}
	if _, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &lanes); err != nil {
		return 0, 0, 0, nil, nil, fmt.Errorf("read stored password: %w", err)
	}
	salt, err = base64.RawStdEncoding.DecodeString(parts[4])
	if err == nil {
		key, err = base64.RawStdEncoding.DecodeString(parts[5])
	}
	if err != nil {
		return 0, 0, 0, nil, nil, fmt.Errorf("read stored password: %w", err)
	}
	if len(key) != argonKey || memory > 256*1024 || time < 1 || time > 16 || lanes < 1 {
		return 0, 0, 0, nil, nil, errors.New("read stored password: parameters out of bounds")
	}
	return memory, time, lanes, salt, key, nil
}

func (a *Auth) derive(ctx context.Context, password string, salt []byte, time, memory uint32, lanes uint8) ([]byte, error) {
	select {
	case a.hashers <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to compute a password: %w", ctx.Err())
	}
	defer func() { <-a.hashers }()
	return argon2.IDKey([]byte(normal(password)), salt, time, memory, lanes, argonKey), nil
}
