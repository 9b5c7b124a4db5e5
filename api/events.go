// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"maps"
	"net/http"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/timeline"
)

// message is one event, written once for everybody who gets it.
type message struct {
	name    string
	payload string // JSON, or an id; "" for none
	quoted  []byte // the payload as a JSON text, made when first needed
	frames  map[string][]byte
	lines   []byte
}

func newMessage(name string, v any) (*message, error) {
	text, err := encode(v)
	return &message{name: name, payload: string(text)}, err
}

// frame is the message in a WebSocket, for the subscribers of a stream.
func (m *message) frame(s *subscription) []byte {
	key := strings.Join(s.stream, "\x00")
	if text := m.frames[key]; text != nil {
		return text
	}
	if m.frames == nil {
		m.frames = map[string][]byte{}
	}
	if m.quoted == nil && m.payload != "" {
		m.quoted = jsonText(m.payload)
	}
	text := append([]byte(`{"stream":`), jsonText(s.stream)...)
	text = append(append(text, `,"event":`...), jsonText(m.name)...)
	if m.payload != "" {
		text = append(append(text, `,"payload":`...), m.quoted...)
	}
	text = append(text, '}')
	m.frames[key] = text
	return text
}

func jsonText(v any) []byte {
	text, err := encode(v)
	if err != nil {
		panic(err) // texts always marshal
	}
	return text
}

// event is the message as a server-sent event. Readers of those ignore one without data.
func (m *message) event(*subscription) []byte {
	if m.lines == nil {
		data := m.payload
		if data == "" {
			data = "{}"
		}
		m.lines = []byte("event: " + m.name + "\ndata: " + data + "\n\n")
	}
	return m.lines
}

// subscribed is one subscription of one connection.
type subscribed struct {
	*listener
	to *subscription
}

func (s subscribed) give(m *message) { s.send(s.event(m, s.to)) }

// looking is who looks at what at this moment.
type looking struct {
	all map[actors.ID]map[timeline.Place][]subscribed
	timeline.Watchers
}

func (v *live) looking() looking {
	x := looking{all: map[actors.ID]map[timeline.Place][]subscribed{}}
	lists, perViewer := map[timeline.ListWatcher]bool{}, map[actors.ID]int{}
	for _, l := range v.listeners() {
		for _, s := range l.subscriptions() {
			mine := x.all[l.viewer]
			if mine == nil {
				mine = map[timeline.Place][]subscribed{}
				x.all[l.viewer] = mine
			}
			mine[s.place] = append(mine[s.place], subscribed{l, s})
			if w := (timeline.ListWatcher{Viewer: l.viewer, List: s.list}); s.place == timeline.InList && !lists[w] && perViewer[l.viewer] < maxSubscriptions {
				lists[w] = true
				perViewer[l.viewer]++ // on all connections: one person must not make the query too long for all
				x.Lists = append(x.Lists, w)
			}
		}
	}
	for who, mine := range x.all {
		for place, into := range map[timeline.Place]*[]actors.ID{timeline.InHome: &x.Home, timeline.InPublic: &x.Public, timeline.InTag: &x.Tags} {
			if len(mine[place]) > 0 {
				*into = append(*into, who)
			}
		}
	}
	return x
}

// tell turns hints into events. What a hint is about is looked for once, whom it concerns in one query for all of them, and
// the JSON of a status is written once for all who have nothing of their own to see in it.
func (a *API) tell(ctx context.Context, batch []timeline.Hint) error {
	who := a.live.looking()
	if len(who.all) == 0 {
		return nil
	}
	var fresh, edited []content.ID
	var gone []timeline.Hint
	for _, h := range batch {
		switch h.Event {
		case timeline.Update:
			fresh = append(fresh, h.Item)
		case timeline.Changed:
			edited = append(edited, h.Item)
		case timeline.Deleted:
			gone = append(gone, h)
		}
	}
	concerns := map[string]map[content.ID][]timeline.Concern{}
	note := func(event string, found []timeline.Concern, err error) error {
		by := map[content.ID][]timeline.Concern{}
		for _, c := range found {
			by[c.Item] = append(by[c.Item], c)
		}
		concerns[event] = by
		return err
	}
	found, err := a.Timelines.Concerns(ctx, fresh, who.Watchers)
	if err = note(timeline.Update, found, err); err != nil {
		return err
	}
	found, err = a.Timelines.ConcernedByEdit(ctx, edited, who.Watchers)
	if err = note(timeline.Changed, found, err); err != nil {
		return err
	}
	found, err = a.Timelines.ConcernedByLoss(ctx, gone, who.Watchers)
	if err = note(timeline.Deleted, found, err); err != nil {
		return err
	}
	for _, h := range batch {
		switch h.Event {
		case timeline.Update, timeline.Changed:
			err = a.tellItem(ctx, h, concerns[h.Event][h.Item], who)
		case timeline.Deleted:
			f := facts{h.Gone.Local, h.Gone.Media, h.Gone.Tags}
			m := &message{name: h.Event, payload: digits(h.Item)}
			who.give(concerns[h.Event][h.Item], f, func(actors.ID) *message { return m })
		case timeline.Notified:
			err = a.tellNotification(ctx, h, who)
		case timeline.Filters, timeline.Merged:
			who.own(h)
		case timeline.Talked:
			err = a.tellConversation(ctx, h, who)
		case timeline.Announced, timeline.AnnouncementReaction, timeline.AnnouncementDeleted:
			err = a.tellAll(ctx, h, who)
		}
		if err = ignoreMissing(err); err != nil {
			return err
		}
	}
	return nil
}

// ignoreMissing: between a hint and a look things go away.
func ignoreMissing(err error) error {
	if status := fault.Status(err); err != nil && (status == http.StatusNotFound || status == http.StatusGone) {
		return nil
	}
	return err
}

// give sends everybody's message to the streams that an item appears in.
func (who looking) give(concerns []timeline.Concern, f facts, of func(actors.ID) *message) {
	for _, c := range concerns {
		for _, s := range who.all[c.Viewer][c.Place] {
			if s.to.takes(f, c.List) {
				if m := of(c.Viewer); m != nil {
					s.give(m)
				}
			}
		}
	}
}

// own sends what has no more to say than that it happened.
func (who looking) own(h timeline.Hint) {
	m := &message{name: h.Event}
	if h.Event == timeline.Merged {
		m.payload = "1"
	}
	for _, s := range who.all[h.Owner][timeline.InHome] {
		if s.to.name == userStream || h.Event == timeline.Merged {
			s.give(m)
		}
	}
}

func (a *API) tellConversation(ctx context.Context, h timeline.Hint, who looking) error {
	to := who.all[h.Owner][timeline.InDirect]
	if len(to) == 0 {
		return nil
	}
	v := actors.Viewer{ID: h.Owner}
	one, err := a.Timelines.Conversation(ctx, v, h.Conversation)
	if err != nil {
		return err
	}
	shown, err := a.conversation(ctx, v, one)
	if err != nil {
		return err
	}
	m, err := newMessage(h.Event, shown)
	for _, s := range to {
		if err == nil {
			s.give(m)
		}
	}
	return err
}

// tellAll tells everybody of an announcement.
func (a *API) tellAll(ctx context.Context, h timeline.Hint, who looking) error {
	m := &message{name: h.Event, payload: digits(h.About)}
	if h.Event != timeline.AnnouncementDeleted {
		x, err := a.announced(ctx, h)
		if err == nil {
			m, err = newMessage(h.Event, x)
		}
		if err != nil {
			return err
		}
	}
	for _, mine := range who.all {
		for _, s := range mine[timeline.InHome] {
			if s.to.name == userStream {
				s.give(m)
			}
		}
	}
	return nil
}

func (a *API) tellNotification(ctx context.Context, h timeline.Hint, who looking) error {
	to := who.all[h.Owner][timeline.InHome]
	if len(to) == 0 {
		return nil
	}
	n, err := a.notificationOf(ctx, actors.Viewer{ID: h.Owner}, h.Notification)
	if err != nil {
		return err
	}
	m, err := newMessage(h.Event, n)
	for _, s := range to {
		if err == nil {
			s.give(m)
		}
	}
	return err
}

// tellItem writes the status once, as somebody sees it who has nothing to do with it, and again for each who has.
func (a *API) tellItem(ctx context.Context, h timeline.Hint, concerns []timeline.Concern, who looking) error {
	if len(concerns) == 0 {
		return nil
	}
	seen := map[actors.ID]bool{}
	var viewers []actors.ID
	for _, c := range concerns {
		if !seen[c.Viewer] {
			seen[c.Viewer] = true
			viewers = append(viewers, c.Viewer)
		}
	}
	item, err := content.Get(ctx, a.DB, actors.Viewer{ID: viewers[0]}, h.Item)
	if err != nil {
		return err
	}
	personal, err := a.personal(ctx, item, viewers)
	if err != nil {
		return err
	}
	var shared *message
	own := map[actors.ID]*message{}
	var f facts
	for _, v := range viewers {
		if shared != nil && !personal[v] {
			continue
		}
		s, err := a.status(ctx, actors.Viewer{ID: v}, item)
		if ignoreMissing(err) != nil {
			return err
		} else if err != nil {
			continue
		}
		m, err := newMessage(h.Event, s)
		if err != nil {
			return err
		}
		if own[v] = m; !personal[v] {
			shared = m
		}
		f = factsOf(item, s)
	}
	who.give(concerns, f, func(v actors.ID) *message {
		if personal[v] {
			return own[v]
		}
		return shared
	})
	return nil
}

func factsOf(i *content.Item, s *status) facts {
	f := facts{local: i.Local, media: len(s.MediaAttachments) > 0}
	if i.BoostOf != 0 { // it shows the hashtags of another
		return f
	}
	for _, t := range s.Tags {
		f.tags = append(f.tags, t.Name)
	}
	return f
}

// personal are those who see something of their own in a status: marks, votes, how they may quote it, addresses of files that are not
// for everybody.
func (a *API) personal(ctx context.Context, i *content.Item, viewers []actors.ID) (map[actors.ID]bool, error) {
	shown := []*content.Item{i}
	ids := []content.ID{i.ID}
	if i.BoostOf != 0 {
		of, err := content.Get(ctx, a.DB, actors.Viewer{ID: viewers[0]}, i.BoostOf)
		if err != nil {
			return nil, err
		}
		shown, ids = append(shown, of), append(ids, of.ID)
	}
	found, err := content.Touched(ctx, a.DB, viewers, ids)
	if err != nil {
		return nil, err
	}
	particular, err := a.Timelines.Particular(ctx, shown[len(shown)-1].Thread, viewers)
	if err != nil {
		return nil, err
	}
	maps.Copy(found, particular)
	for _, one := range shown {
		found[one.Author] = true
		own := differs(one)
		if !own && one.Audience > actors.Unlisted {
			files, err := media.Of(ctx, a.DB, []int64{int64(one.ID)})
			if err != nil {
				return nil, err
			}
			own = len(files) > 0
		}
		if own {
			for _, v := range viewers {
				found[v] = true
			}
		}
	}
	return found, nil
}

// differs tells whether each viewer may see something else in an item: what it quotes, or that its followers may quote it.
func differs(i *content.Item) bool {
	return i.QuoteRule().Personal() || i.Quote.IRI != ""
}
