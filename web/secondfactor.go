// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"encoding/base32"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"rsc.io/qr"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

type secondBody struct {
	Since   time.Time // zero: it does not count yet
	Left    int       // recovery codes
	Setting bool      // it is being set up
	Code    qrCode
	Key     string // what the picture says, to type
	Error   string
}

type recoveryBody struct{ Codes []string }

// secondFactor shows whether a person has a second factor, and how to get one.
func (w *Web) secondFactor(rw http.ResponseWriter, q *request) error {
	if q.account == nil {
		return w.askLogin(rw, q)
	}
	return w.showSecond(rw, q, 0, "")
}

func (w *Web) showSecond(rw http.ResponseWriter, q *request, status int, refused string) error {
	body := secondBody{Error: refused}
	f, err := w.Auth.SecondFactor(q.Context(), q.account.ID)
	switch {
	case errors.Is(err, fault.NotFound):
	case err != nil:
		return err
	case f.Since.IsZero():
		key := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(f.Secret)
		body.Setting, body.Key = true, fours(key)
		if body.Code, err = drawQR(w.otpauth(q.account.Name, key)); err != nil {
			return err
		}
	default:
		body.Since, body.Left = f.Since, f.Left
	}
	return w.show(rw, q, "secondfactor", page{Title: q.loc.T("second.title"), Kind: "website", NoIndex: true, Status: status, Body: body})
}

// otpauth is what authenticator apps read: the "Key Uri Format" that all of them share.
func (w *Web) otpauth(name, key string) string {
	values := url.Values{"secret": {key}, "issuer": {w.NodeName}}
	return "otpauth://totp/" + url.PathEscape(w.NodeName+":"+name+"@"+w.Dir.Domain) + "?" + strings.ReplaceAll(values.Encode(), "+", "%20")
}

func fours(key string) string {
	var parts []string
	for ; len(key) > 4; key = key[4:] {
		parts = append(parts, key[:4])
	}
	return strings.Join(append(parts, key), " ")
}

// changeSecondFactor does one step: start and end, or finish with a first code, or codes for new recovery codes.
// What weakens or replaces something asks for the password: a browser left alone is not enough.
func (w *Web) changeSecondFactor(rw http.ResponseWriter, q *request) error {
	if err := w.checkOwnForm(q); err != nil {
		return err
	}
	told, to, err := w.secondStep(q, mux.Vars(q.Request)["step"])
	switch {
	case err != nil:
		text := w.refusal(rw, q, err)
		if text == "" {
			return err
		}
		return w.showSecond(rw, q, fault.Status(err), text)
	case told != nil:
		return w.show(rw, q, "recovery", page{Title: q.loc.T("recovery.title"), Kind: "website", NoIndex: true, Body: recoveryBody{told}})
	}
	http.Redirect(rw, q.Request, to, http.StatusSeeOther)
	return nil
}

// secondStep returns recovery codes to tell, or where to go on.
func (w *Web) secondStep(q *request, step string) (told []string, to string, err error) {
	ctx, who, from := q.Context(), q.account.ID, w.from(q)
	if step == "finish" {
		told, err = w.Auth.FinishSecondFactor(ctx, who, q.PostForm.Get("code"), w.cookie(q.Request, sessionWord), from)
		return told, "", err
	}
	has, err := w.Auth.HasSecondFactor(ctx, who)
	if err != nil {
		return nil, "", err
	}
	if has || step != "end" { // to stop setting it up needs none
		if err := w.Auth.Confirm(ctx, who, q.PostForm.Get("password"), from); err != nil {
			return nil, "", err
		}
	}
	switch {
	case step == "start":
		return nil, "/settings/second-factor", w.Auth.StartSecondFactor(ctx, who)
	case step == "codes":
		told, err = w.Auth.NewRecoveryCodes(ctx, who)
		return told, "", err
	case has:
		to = "/settings?done=no-second"
	default:
		to = "/settings/second-factor"
	}
	return nil, to, w.DB.Tx(ctx, func(tx *db.Tx) error { return w.Auth.EndSecondFactor(ctx, tx, who) })
}

// qrCode is a picture of dots, as the path of an SVG: it needs no file, and no exception of the policy.
type qrCode struct {
	Size int // with the margin that readers need (ISO/IEC 18004 §9.1)
	Path string
}

const qrMargin = 4

func drawQR(text string) (qrCode, error) {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return qrCode{}, fmt.Errorf("draw QR code: %w", err)
	}
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			from := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+qrMargin, y+qrMargin, x-from, x-from)
			}
		}
	}
	return qrCode{c.Size + 2*qrMargin, b.String()}, nil
}
