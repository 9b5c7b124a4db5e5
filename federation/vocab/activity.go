// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

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
	p := props{}
	p.ids(a.ID, a.Type)
	p.id("actor", a.Actor)
	p.audience(a.To, a.CC, a.Audience)
	p.id("attributedTo", a.AttributedTo)
	p.text("content", a.Content)
	p.text("summary", a.Summary)
	p.id("context", a.Context)
	p.list("tag", writeTags(a.Tags))
	p.time("published", a.Published)
	p.time("updated", a.Updated)
	p.time("endTime", a.EndTime)
	p.groupState(a.GroupState)
	objects := a.Object
	if len(a.MoreObjects) == 0 {
		if err := p.ref("object", objects); err != nil {
			return nil, err
		}
	} else if err := p.refs("object", append([]Ref{objects}, a.MoreObjects...)); err != nil {
		return nil, err
	}
	for _, r := range []struct {
		name string
		ref  Ref
	}{{"target", a.Target}, {"origin", a.Origin}, {"instrument", a.Instrument}, {"result", a.Result}} {
		if err := p.ref(r.name, r.ref); err != nil {
			return nil, err
		}
	}
	return p, p.proof(a.Proof)
}
