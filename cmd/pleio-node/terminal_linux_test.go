// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// terminal is somebody who answers questions.
type terminal struct {
	t    *testing.T
	cmd  *exec.Cmd
	pty  *os.File
	read chan string
	text string
}

// sit starts a command at a terminal (pts(4)).
func sit(t *testing.T, dir string, args ...string) *terminal {
	t.Helper()
	pty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pty.Close() })
	var number, unlock int32
	for request, value := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &number} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, pty.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
			t.Fatal(errno)
		}
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	s := &terminal{t: t, cmd: exec.Command(os.Getenv("PLEIO_TEST_BINARY"), args...), pty: pty, read: make(chan string, 100)}
	s.cmd.Dir, s.cmd.Env = dir, environment()
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = tty, tty, tty
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.read)
		for b := make([]byte, 4096); ; {
			n, err := pty.Read(b)
			if n > 0 {
				s.read <- string(b[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	return s
}

// until waits for a text on the screen.
func (s *terminal) until(text string) {
	s.t.Helper()
	for late := time.After(30 * time.Second); !strings.Contains(s.text, text); {
		select {
		case more, open := <-s.read:
			if !open {
				s.t.Fatalf("it ended without %q:\n%s", text, s.text)
			}
			s.text += more
		case <-late:
			s.t.Fatalf("no %q on the screen:\n%s", text, s.text)
		}
	}
}

// answer types a line when a question is there.
func (s *terminal) answer(question, line string) {
	s.t.Helper()
	s.until(question)
	_, s.text, _ = strings.Cut(s.text, question)
	if _, err := io.WriteString(s.pty, line); err != nil {
		s.t.Fatal(err)
	}
}

// secret types a line when a question is there and what is typed is not shown.
func (s *terminal) secret(question, line string) {
	s.t.Helper()
	s.until(question)
	var state syscall.Termios
	soon(s.t, "the terminal does not show what is typed", func() bool {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, s.pty.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&state))); errno != 0 {
			s.t.Fatal(errno)
		}
		return state.Lflag&syscall.ECHO == 0
	})
	s.answer(question, line)
}

// ends returns the exit status, and everything since the last answer is in text.
func (s *terminal) ends() int {
	s.t.Helper()
	for more := range s.read {
		s.text += more
	}
	s.cmd.Wait()
	return s.cmd.ProcessState.ExitCode()
}

func TestQuickstartAsksWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	s := sit(t, dir, "quickstart", "--data", "d", "--name", "Gouda")
	s.answer("public address of the node", "https://samen.gouda.nl\n")
	s.answer("first administrator: ", "beheer\n")
	s.answer("e-mail address: ", "beheer@gouda.example\n")
	s.secret("Password", "een lang wachtwoord\n")
	s.secret("Again: ", "een lang wachtwoord\n")
	if status := s.ends(); status != 0 || !strings.Contains(s.text, "Its administrator is beheer") || strings.Contains(s.text, "een lang") {
		t.Fatalf("it ends with %d and shows\n%s", status, s.text)
	}
	s = sit(t, dir, "user", "add", "anna", "--email", "anna@gouda.example", "--data", "d")
	s.secret("Password", "een lang wachtwoord\n")
	s.secret("Again: ", "een ander wachtwoord\n")
	if status := s.ends(); status != 1 || !strings.Contains(s.text, "are not the same") {
		t.Errorf("with two passwords it ends with %d and shows\n%s", status, s.text)
	}
	s = sit(t, dir, "user", "delete", "beheer", "--data", "d")
	s.answer("It cannot be undone. Type yes to go on: ", "no\n")
	if status := s.ends(); status != 1 || !strings.Contains(s.text, "othing was changed") {
		t.Errorf("after no it ends with %d and shows\n%s", status, s.text)
	}
	if people := list(t, dir, "user", "list", "--data", "d"); len(people) != 1 {
		t.Errorf("the people are %v", people)
	}
	s = sit(t, dir, "user", "delete", "beheer", "--data", "d")
	s.answer("Type yes to go on: ", "yes\n")
	if status := s.ends(); status != 0 {
		t.Errorf("after yes it ends with %d and shows\n%s", status, s.text)
	}
}

func TestAQuestionCanBeInterrupted(t *testing.T) {
	dir := t.TempDir()
	s := sit(t, dir, "quickstart", "--data", "d", "--name", "Gouda", "--url", "https://samen.gouda.nl", "--admin", "beheer", "--email", "b@gouda.example")
	s.secret("Password", "\x03") // Ctrl-C
	if status := s.ends(); status != 1 || !strings.Contains(s.text, "Interrupted.") {
		t.Errorf("it ends with %d and shows\n%s", status, s.text)
	}
	if _, err := os.Stat(filepath.Join(dir, "d")); !os.IsNotExist(err) {
		t.Errorf("it left a folder: %v", err)
	}
}
