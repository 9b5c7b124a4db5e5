// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package moderation

import "testing"

func TestAnAddressIsTheSameInAllItsVariations(t *testing.T) {
	want := EmailHash("janjansen@post.example")
	for _, same := range []string{"Jan.Jansen@post.example", " janjansen+spam@POST.example ", "j.a.n.jansen+a+b@post.example"} {
		if EmailHash(same) != want {
			t.Errorf("%q is another", same)
		}
	}
	for _, other := range []string{"janjansen@mail.post.example", "janjanssen@post.example", "jan+jansen@post.example"} {
		if EmailHash(other) == want {
			t.Errorf("%q is the same", other)
		}
	}
}
