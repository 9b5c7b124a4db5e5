// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pleio-node/pleio-node/db"
)

// limits are what this machine can do at best, per second.
type limits struct {
	Signatures    float64 // RSA-2048, on all cores
	Verifications float64
	Commits       float64 // of one row, on disk before the next one begins
	Commits16     float64 // of 16 writers who share commits
}

func (l limits) print() {
	fmt.Printf("This machine at best, per second: %s RSA-2048 signatures and %s verifications on %d cores; %s durable commits of one row alone, %s by 16 at a time.\n\n",
		number(l.Signatures), number(l.Verifications), runtime.NumCPU(), number(l.Commits), number(l.Commits16))
}

func measureLimits(s *stage, o options) limits {
	var l limits
	lasting := 3 * time.Second
	if o.quick {
		lasting = 300 * time.Millisecond
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		s.Fatalf("make a key: %v", err)
	}
	sum := sha256.Sum256([]byte("what is signed"))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		s.Fatalf("sign: %v", err)
	}
	must := func(err error) {
		if err != nil {
			s.Fatalf("measure the limits of this machine: %v", err)
		}
	}
	l.Signatures = signatures(key, lasting, must)
	l.Verifications = rate(runtime.NumCPU(), lasting, func() error { return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature) }, must)

	ctx := context.Background()
	d, err := db.Open(ctx, filepath.Join(s.TempDir(), "limit.db"), db.Options{Migrations: "-- migration 1: a row\n\nCREATE TABLE one (id BIGINT PRIMARY KEY, word TEXT NOT NULL);\n"})
	must(err)
	commit := func() error {
		_, err := d.Exec(ctx, "INSERT INTO one (id, word) VALUES ($1, $2)", d.NewID(), "een rij")
		return err
	}
	l.Commits = rate(1, lasting, commit, must)
	l.Commits16 = rate(16, lasting, commit, must)
	must(d.Close())
	return l
}

// signatures is how many RSA-2048 signatures all cores make per second.
func signatures(key *rsa.PrivateKey, lasting time.Duration, must func(error)) float64 {
	sum := sha256.Sum256([]byte("what is signed"))
	return rate(runtime.NumCPU(), lasting, func() error {
		_, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		return err
	}, must)
}

// rate is how often per second some workers together can do something.
func rate(workers int, lasting time.Duration, do func() error, must func(error)) float64 {
	var done atomic.Int64
	var all sync.WaitGroup
	errs := make(chan error, workers)
	began := time.Now()
	for range workers {
		all.Go(func() {
			for time.Since(began) < lasting {
				if err := do(); err != nil {
					errs <- err
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	elapsed := time.Since(began)
	select {
	case err := <-errs:
		must(err)
	default:
	}
	return perSecond(int(done.Load()), elapsed)
}
