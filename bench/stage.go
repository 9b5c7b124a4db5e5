// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// stage is for the harness what a *testing.T is in a test.
type stage struct {
	parent string // of temporary folders
	mu     sync.Mutex
	failed error
	after  []func()
}

// failure is what Fatalf panics with.
type failure struct{ error }

// Helper does nothing here.
func (s *stage) Helper() {}

// Fatalf ends the program, after everything was taken down.
func (s *stage) Fatalf(format string, args ...any) {
	err := failure{fmt.Errorf(format, args...)}
	s.mu.Lock()
	s.failed = errors.Join(s.failed, err)
	s.mu.Unlock()
	panic(err)
}

// Logf prints.
func (s *stage) Logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// Cleanup has f called at the end, the last one first.
func (s *stage) Cleanup(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = append(s.after, f)
}

// Failed tells whether Fatalf was called.
func (s *stage) Failed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed != nil
}

// TempDir makes a folder that is removed at the end.
func (s *stage) TempDir() string {
	folder, err := os.MkdirTemp(s.parent, "pleio-bench-")
	if err != nil {
		s.Fatalf("make a folder: %v", err)
	}
	s.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}

// end takes everything down and returns what went wrong. panicked is what recover returned; a panic that is none of ours
// goes on.
func (s *stage) end(panicked any) error {
	if _, ours := panicked.(failure); panicked != nil && !ours {
		s.takeDown()
		panic(panicked)
	}
	s.takeDown()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

func (s *stage) takeDown() {
	for len(s.after) > 0 {
		last := s.after[len(s.after)-1]
		s.after = s.after[:len(s.after)-1]
		func() {
			defer func() {
				if p := recover(); p != nil {
					if _, ours := p.(failure); !ours {
						panic(p)
					}
				}
			}()
			last()
		}()
	}
}
