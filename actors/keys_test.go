// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors_test

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
)

func TestRotationSignsWithTheOldKeyWhatWasMadeBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		d := dbtest.Open(t)
		dir := actorstest.Directory(t, d)
		anna := actorstest.Person(t, dir, "anna")
		before, err := dir.Signer(ctx, anna.ID)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		made := time.Now()
		actorstest.Tx(t, d, func(tx *db.Tx) error {
			if _, err := dir.Rotate(ctx, tx, anna); err != nil {
				return err
			}
			return actors.TakeOver(ctx, tx, anna.ID)
		})
		time.Sleep(time.Minute)
		after, err := dir.Signer(ctx, anna.ID)
		if err != nil || after.KeyID == before.KeyID {
			t.Fatalf("after the rotation: %s %v", after.KeyID, err)
		}
		if s, err := dir.SignerAt(ctx, anna.ID, made); err != nil || s.KeyID != before.KeyID {
			t.Errorf("what was made before is signed with %s, %v", s.KeyID, err)
		}
		if s, err := dir.SignerAt(ctx, anna.ID, time.Now()); err != nil || s.KeyID != after.KeyID {
			t.Errorf("what is made after is signed with %s, %v", s.KeyID, err)
		}
		if _, err := dir.FindKey(ctx, before.KeyID, false); err != nil {
			t.Errorf("the old key within a day: %v", err)
		}
		time.Sleep(25 * time.Hour)
		if _, err := dir.FindKey(ctx, before.KeyID, false); err == nil {
			t.Error("the old key is still good after a day")
		}
		document, err := dir.Document(ctx, d, anna)
		if err != nil || len(document.Keys) != 2 || document.Keys[0].ID != after.KeyID {
			t.Errorf("the document shows %+v, %v", document, err)
		}
	})
}

func TestAStolenDatabaseHoldsNoUsableKey(t *testing.T) {
	d := dbtest.Open(t)
	dir := actorstest.Directory(t, d)
	anna := actorstest.Person(t, dir, "anna")
	stolen := &actors.Directory{DB: d, Secret: bytes.Repeat([]byte{8}, 32)}
	if _, err := stolen.Signer(context.Background(), anna.ID); err == nil {
		t.Error("the keys can be read without the node's secret")
	}
	sealed, err := db.All(context.Background(), d, db.Scalar[[]byte], "SELECT private FROM keys WHERE private IS NOT NULL")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sealed {
		if bytes.Contains(s, []byte{0x02, 0x01, 0x00, 0x02, 0x82}) { // the beginning of an RSA key
			t.Error("a private key stands in the database as it is")
		}
	}
}
