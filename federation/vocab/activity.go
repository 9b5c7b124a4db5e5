// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"errors"

	"github.com/go-fed/activity/streams"
)

func readActivity(v value, o object, t string, level int) *Activity {
	a := &Activity{
		ID: text(o.get("id")), Type: t, Actor: o.id("actor"),
		To: o.ids("to"), CC: o.ids("cc"), Audience: o.ids("audience"),
		Target: ref(o.get("target"), level), Origin: ref(o.get("origin"), level),
		Instrument: ref(o.get("instrument"), level), Result: ref(o.get("result"), level),
		AttributedTo: o.author("attributedTo"),
		Content:      o.text("content"), Summary: o.text("summary"),
		Context: o.id("context"), Tags: readTags(o.get("tag")),
		Published: o.moment("published"), Updated: o.moment("updated"), EndTime: o.moment("endTime"),
		GroupState: readGroupState(o.get("groupState")), Proof: o.raw("proof"), Raw: []byte(v),
	}
	if objects := refs(o.get("object"), level); len(objects) > 0 {
		a.Object, a.MoreObjects = objects[0], objects[1:]
	}
	if len(a.MoreObjects) == 0 {
		a.MoreObjects = nil
	}
	if a.Content == "" {
		a.Content = o.text("_misskey_reaction")
	}
	if a.Content == "" { // a message with Mobilizon's Join
		a.Content = o.text("participationMessage")
	}
	if a.EndTime.IsZero() { // Lemmy up to 0.18
		a.EndTime = o.moment("expires")
	}
	return a
}

func readGroupState(v value) *GroupState {
	o := v.fields()
	if o == nil {
		return nil
	}
	return &GroupState{
		Epoch: text(o.get("epoch")), Seq: o.count("seq"), Head: text(o.get("head")),
		MemberCount: int(o.count("memberCount")), MemberDigest: text(o.get("memberDigest")),
	}
}

// props writes the activity. Documents in it have no @context of their own, but a Ref with Raw stays as it is.
func (a *Activity) props() (props, error) {
	t := streams.NewActivityStreamsActivity()
	c := start(t, a.ID, a.Type)
	point(c, "actor", a.Actor, streams.NewActivityStreamsActorProperty, t.SetActivityStreamsActor)
	c.audience(a.To, a.CC, a.Audience)
	c.about(a.AttributedTo, a.Context, "")
	c.words("", a.Summary, a.Content, "")
	c.made(a.Published, a.Updated)
	date(c, "endTime", a.EndTime, streams.NewActivityStreamsEndTimeProperty, t.SetActivityStreamsEndTime)
	c.list("tag", writeTags(a.Tags))
	c.groupState(a.GroupState)
	err := c.proof(a.Proof)
	if len(a.MoreObjects) > 0 {
		err = errors.Join(err, c.refs("object", append([]Ref{a.Object}, a.MoreObjects...)))
	} else {
		err = errors.Join(err, embed(c, "object", a.Object, streams.NewActivityStreamsObjectProperty, t.SetActivityStreamsObject))
	}
	err = errors.Join(err,
		embed(c, "target", a.Target, streams.NewActivityStreamsTargetProperty, t.SetActivityStreamsTarget),
		embed(c, "origin", a.Origin, streams.NewActivityStreamsOriginProperty, t.SetActivityStreamsOrigin),
		embed(c, "instrument", a.Instrument, streams.NewActivityStreamsInstrumentProperty, t.SetActivityStreamsInstrument),
		embed(c, "result", a.Result, streams.NewActivityStreamsResultProperty, t.SetActivityStreamsResult))
	if err != nil {
		return nil, err
	}
	return c.done()
}
