// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"html"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/timeline"
)

// account shows an actor. Of a suspended one nothing is told but that.
func (a *API) account(of *actors.Actor) *account {
	x := &account{ID: digits(of.ID), Username: of.Name, Acct: of.Acct(), Locked: of.Locked, Bot: of.Bot && !of.IsGroup(), Group: of.IsGroup(),
		CreatedAt: stamp(of.Published), URL: of.URL, URI: of.IRI, Emojis: []emoji{}, Roles: []empty{}, Fields: []field{}, Avatar: a.Dir.URL(avatarPath), Header: a.Dir.URL(headerPath)}
	if of.IsGroup() {
		x.Locked = of.JoinPolicy != actors.JoinOpen
	}
	if x.Suspended = !of.Suspended.IsZero(); !x.Suspended {
		x.DisplayName, x.Note, x.Emojis, x.Fields = of.DisplayName(), of.Summary, a.emojis(of.Emojis), fields(of.Fields, false)
		x.Avatar, x.Header, x.AvatarText, x.HeaderText = a.picture(of.Icon, avatarPath), a.picture(of.Image, headerPath), of.IconDescription, of.ImageDescription
		x.Discoverable, x.Indexable, x.Hidden, x.Limited = of.Discoverable, of.Indexable, of.HideCollections, !of.Silenced.IsZero()
		x.ShowMedia, x.ShowReplies, x.ShowFeatured = of.ShowMedia, of.ShowMediaReplies, of.ShowFeatured
		if of.Shows() == actors.Public { // an account looks the same to everybody: what only members may know is in our own API
			x.FollowersCount, x.FollowingCount, x.StatusesCount = of.FollowersCount, of.FollowingCount, of.ItemsCount
		}
		if !of.LastItem.IsZero() && of.Shows() == actors.Public {
			day := of.LastItem.UTC().Format(time.DateOnly)
			x.LastStatusAt = &day
		}
	}
	x.Noindex, x.AvatarStatic, x.HeaderStatic = !x.Indexable, x.Avatar, x.Header
	return x
}

// whole is account with where it has moved to, for a view of one.
func (a *API) whole(ctx context.Context, of *actors.Actor) (*account, error) {
	x := a.account(of)
	if of.MovedTo == "" {
		return x, nil
	}
	to, err := actors.ByIRIs(ctx, a.DB, []string{of.MovedTo})
	if len(to) == 1 && to[0].ID != of.ID {
		x.Moved = a.account(to[0])
	}
	return x, err
}

// picture is never empty: strict clients decode an address.
func (a *API) picture(address, otherwise string) string {
	if address == "" {
		return a.Dir.URL(otherwise)
	}
	return a.Media.ProxyURL(address)
}

func (a *API) accounts(list []*actors.Actor) []*account {
	all := make([]*account, 0, len(list))
	for _, one := range list {
		if one.Suspended.IsZero() {
			all = append(all, a.account(one))
		}
	}
	return all
}

var (
	markup = regexp.MustCompile(`<[^>]*>`)
	link   = regexp.MustCompile(`^<a href="([^"]*)"[^>]*>[^<]*</a>$`)
)

// fields are the lines of a profile; plain, as they were typed, for the editor.
func fields(of []actors.Field, plain bool) []field {
	all := make([]field, len(of))
	for i, f := range of {
		all[i] = field{Name: f.Name, Value: f.Value, VerifiedAt: stampOrNull(db.FromMillis(f.Verified))}
		if plain { // of a link its whole address, of which only the beginning of the text may be shown
			all[i].Value = html.UnescapeString(markup.ReplaceAllString(link.ReplaceAllString(f.Value, "$1"), ""))
		}
	}
	return all
}

func (a *API) emojis(of []actors.Emoji) []emoji {
	all := make([]emoji, len(of))
	for i, e := range of {
		address := a.Media.ProxyURL(e.URL)
		all[i] = emoji{Shortcode: e.Name, URL: address, StaticURL: address}
		if e.Static != "" {
			all[i].StaticURL = a.Media.ProxyURL(e.Static)
		}
	}
	return all
}

func (a *API) attachment(f media.File, viewer actors.ID) attachment {
	x := attachment{ID: digits(f.ID), Type: f.Kind, URL: textOrNull(a.Media.URL(f, int64(viewer))), PreviewURL: textOrNull(a.Media.PreviewURL(f, int64(viewer))), RemoteURL: textOrNull(a.remote(f)),
		Description: textOrNull(f.Title()), Blurhash: textOrNull(f.Blurhash)}
	if !slices.Contains([]string{"image", "gifv", "video", "audio"}, x.Type) {
		x.Type = "unknown"
	}
	if f.Width > 0 && f.Height > 0 || f.Duration > 0 {
		s := &size{Width: f.Width, Height: f.Height, Duration: f.Duration}
		if f.Height > 0 {
			s.Size, s.Aspect = strconv.Itoa(f.Width)+"x"+strconv.Itoa(f.Height), math.Round(float64(f.Width)/float64(f.Height)*1e6)/1e6
		}
		x.Meta = meta{Original: s, Small: s}
	}
	if f.Kind == "image" {
		x.Meta.Focus = &point{f.FocusX, f.FocusY}
	}
	return x
}

// remote is where a file is at its own node. Where it is not for everybody nobody can read it there: our copy is all there is.
func (a *API) remote(f media.File) string {
	if f.Private {
		return ""
	}
	return f.Remote
}

func (a *API) attachments(files []media.File, viewer actors.ID) []attachment {
	all := make([]attachment, len(files))
	for i, f := range files {
		all[i] = a.attachment(f, viewer)
	}
	return all
}

// visibility is one of the four words that clients know: a post for the members of a group is shown as private.
func visibility(of actors.Audience) string {
	return [...]string{actors.Public: "public", actors.Unlisted: "unlisted", actors.Followers: "private", actors.Direct: "direct", actors.Members: "private"}[of]
}

// audience is what a client means by a word.
func audience(word string) (actors.Audience, error) {
	switch word {
	case "public":
		return actors.Public, nil
	case "unlisted":
		return actors.Unlisted, nil
	case "private":
		return actors.Followers, nil
	case "direct":
		return actors.Direct, nil
	}
	return 0, fault.Say(fault.Invalid, "Validation failed: visibility must be public, unlisted, private or direct.")
}

// shown holds all that a list of statuses shows, loaded in a fixed number of queries however long the list is.
type shown struct {
	viewer     actors.Viewer
	items      map[content.ID]*content.Item // what was boosted
	people     map[actors.ID]*actors.Actor
	accounts   map[actors.ID]*account // made of people when first shown
	recipients map[content.ID][]content.Recipient
	tags       map[content.ID][]string
	files      map[int64][]media.File
	marks      map[content.ID]content.Marks
	choices    map[content.ID][]int
	cards      map[int64]*content.Card
	apps       map[int64]auth.App
	quotes     quotes
	muted      map[content.ID]bool // conversations
	filters    *timeline.Matcher
	whole      bool // also what suspended people made, for who decides about them
}

// statuses shows items. What the viewer may not see of them, such as the original of a boost, does not exist: the list may be
// shorter than the items.
func (a *API) statuses(ctx context.Context, v actors.Viewer, items []*content.Item) ([]*status, error) {
	s, err := a.load(ctx, v, items)
	if err != nil {
		return nil, err
	}
	return a.showAll(s, items), nil
}

func (a *API) showAll(s *shown, items []*content.Item) []*status {
	list := make([]*status, 0, len(items))
	for _, i := range items {
		if one := a.show(s, i); one != nil {
			list = append(list, one)
		}
	}
	return list
}

// statusesByID shows those of the items that the viewer may see, by number.
func (a *API) statusesByID(ctx context.Context, v actors.Viewer, ids []content.ID) (map[content.ID]*status, error) {
	all := map[content.ID]*status{}
	items, err := content.Many(ctx, a.DB, v, ids)
	if err != nil {
		return all, err
	}
	s, err := a.load(ctx, v, slices.Collect(maps.Values(items)))
	if err != nil {
		return all, err
	}
	for id, i := range items {
		if x := a.show(s, i); x != nil {
			all[id] = x
		}
	}
	return all, nil
}

// status shows one item, or tells that it does not exist.
func (a *API) status(ctx context.Context, v actors.Viewer, i *content.Item) (*status, error) {
	list, err := a.statuses(ctx, v, []*content.Item{i})
	if err == nil && len(list) == 0 {
		err = fault.Say(fault.NotFound, "Record not found")
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func (a *API) load(ctx context.Context, v actors.Viewer, items []*content.Item) (*shown, error) {
	s := &shown{viewer: v, accounts: map[actors.ID]*account{}}
	if len(items) == 0 {
		return s, nil
	}
	var boosted, ids, polls, threads []content.ID
	for _, i := range items {
		if i.BoostOf != 0 {
			boosted = append(boosted, i.BoostOf)
		}
	}
	var err error
	if s.items, err = content.Many(ctx, a.DB, v, boosted); err != nil {
		return nil, err
	}
	all := slices.Clone(items)
	for _, i := range s.items {
		all = append(all, i)
	}
	var quoted []*content.Item
	if quoted, s.quotes, err = a.loadQuotes(ctx, v, all); err != nil {
		return nil, err
	}
	all = append(all, quoted...)
	if err := a.loadStandings(ctx, v, s, all); err != nil {
		return nil, err
	}
	var people []actors.ID
	var numbers, cards, apps []int64
	for _, i := range all {
		if i.Card != 0 {
			cards = append(cards, i.Card)
		}
		if i.App != 0 && tellsApp(i, v) {
			apps = append(apps, i.App)
		}
		people = append(people, i.Author)
		if i.Audience == actors.Members {
			people = append(people, i.Group)
		}
		if i.Poll != nil {
			polls = append(polls, i.ID)
		}
		ids, numbers, threads = append(ids, i.ID), append(numbers, int64(i.ID)), append(threads, i.Thread)
	}
	if s.recipients, err = content.Recipients(ctx, a.DB, ids); err != nil {
		return nil, err
	}
	for _, to := range s.recipients {
		for _, r := range to {
			if r.Mention {
				people = append(people, r.Actor)
			}
		}
	}
	if len(cards) > 0 {
		if s.cards, err = content.Cards(ctx, a.DB, cards); err != nil {
			return nil, err
		}
	}
	for _, c := range s.cards {
		people = append(people, c.Author)
	}
	if len(apps) > 0 {
		if s.apps, err = a.Auth.Apps(ctx, apps); err != nil {
			return nil, err
		}
	}
	slices.Sort(people)
	if s.people, err = actors.Many(ctx, a.DB, slices.Compact(people)); err != nil {
		return nil, err
	}
	if s.tags, err = content.Tags(ctx, a.DB, ids); err != nil {
		return nil, err
	}
	if s.files, err = media.Of(ctx, a.DB, numbers); err != nil {
		return nil, err
	}
	if s.marks, err = content.MarksOf(ctx, a.DB, v.ID, ids); err != nil {
		return nil, err
	}
	if s.muted, err = a.Timelines.MutedThreads(ctx, v, threads); err != nil {
		return nil, err
	}
	if s.filters, err = a.Timelines.Matcher(ctx, v, ids); err != nil {
		return nil, err
	}
	if len(polls) > 0 && v.ID != 0 {
		s.choices, err = content.Choices(ctx, a.DB, polls, v.ID)
	}
	return s, err
}

// tellsApp tells whether somebody sees with which app an item was written.
func tellsApp(i *content.Item, v actors.Viewer) bool {
	return i.Audience <= actors.Unlisted || i.Author == v.ID
}

// show makes the status of an item with what it quotes, nil when it does not exist for the viewer.
func (a *API) show(s *shown, i *content.Item) *status {
	x := a.showBare(s, i)
	if x != nil && i.BoostOf == 0 {
		x.Quote = a.quoteOf(s, i, false)
	}
	return x
}

// showBare is show without what is quoted.
func (a *API) showBare(s *shown, i *content.Item) *status {
	author := a.accountOf(s, i.Author)
	if author == nil {
		return nil
	}
	x := &status{ID: digits(i.ID), CreatedAt: stamp(i.Published), InReplyToID: digitsOrNull(i.ReplyTo), Sensitive: i.Sensitive, SpoilerText: i.Summary,
		Visibility: visibility(i.Audience), Language: textOrNull(i.Language), URI: i.IRI, URL: i.URL, RepliesCount: i.RepliesCount, ReblogsCount: i.BoostsCount,
		FavouritesCount: i.LikesCount, QuotesCount: i.QuotesCount, quotation: quotation{Approval: approvalOf(s, i)}, EditedAt: stampOrNull(i.Edited), Content: body(i), Account: author, MediaAttachments: a.attachments(s.files[int64(i.ID)], s.viewer.ID),
		Mentions: []mention{}, Tags: []statusTag{}, Emojis: a.emojis(i.Emojis), Poll: a.poll(s, i)}
	if who := s.people[i.Author]; !who.Sensitized.IsZero() {
		x.Sensitive = true
	}
	if i.ReplyTo != 0 {
		x.InReplyToAccount = digitsOrNull(i.ReplyAuthor)
	}
	if c := s.cards[i.Card]; c != nil {
		x.Card = a.card(c, a.accountOf(s, c.Author))
	}
	if app, known := s.apps[i.App]; known && tellsApp(i, s.viewer) {
		x.Application = &madeWith{app.Name, textOrNull(app.Website)}
	}
	for _, r := range s.recipients[i.ID] {
		if who := s.people[r.Actor]; who != nil && r.Mention {
			x.Mentions = append(x.Mentions, mentionOf(who))
		}
	}
	if group := s.people[i.Group]; group != nil && i.Audience == actors.Members { // so that replies address it
		if m := mentionOf(group); !slices.Contains(x.Mentions, m) {
			x.Mentions = append(x.Mentions, m)
		}
	}
	for _, name := range s.tags[i.ID] {
		x.Tags = append(x.Tags, statusTag{name, a.tagURL(name)})
	}
	if s.viewer.ID != 0 && i.BoostOf == 0 { // a boost has those of what it boosts
		m := s.marks[i.ID]
		x.marks = &marks{Favourited: m.Liked, Reblogged: m.Boosted, Bookmarked: m.Bookmarked, Muted: s.muted[i.Thread],
			Pinned: i.Author == s.viewer.ID && !i.Pinned.IsZero(), Filtered: s.filtered(i, 0)}
	}
	if i.BoostOf != 0 {
		of := s.items[i.BoostOf]
		if of == nil {
			return nil
		}
		if x.Reblog = a.show(s, of); x.Reblog == nil {
			return nil
		}
		x.copyOriginal()
		if s.filters.Names(i.ID) {
			m := *x.marks
			m.Filtered = s.filtered(of, i.ID)
			x.marks = &m
		}
	}
	return x
}

func (a *API) accountOf(s *shown, id actors.ID) *account {
	if x := s.accounts[id]; x != nil {
		return x
	}
	who := s.people[id]
	if who == nil || !who.Suspended.IsZero() && !s.whole {
		return nil
	}
	x := a.account(who)
	s.accounts[id] = x
	return x
}

// copyOriginal makes a boost look like what it boosts to clients that do not look further.
func (x *status) copyOriginal() {
	o := x.Reblog
	x.Content, x.SpoilerText, x.Sensitive, x.Language, x.MediaAttachments, x.Mentions, x.Tags, x.Emojis = o.Content, o.SpoilerText, o.Sensitive, o.Language,
		o.MediaAttachments, o.Mentions, o.Tags, o.Emojis
	x.quotation, x.QuotesCount = o.quotation, o.QuotesCount
	x.RepliesCount, x.ReblogsCount, x.FavouritesCount, x.marks = o.RepliesCount, o.ReblogsCount, o.FavouritesCount, o.marks
	if x.URL == "" {
		x.URL = o.URL
	}
}

// body is the text of an item: with its title, and for what is more than text with the address where all of it is.
func body(i *content.Item) string {
	if i.Title == "" {
		return i.Content
	}
	title := "<p><strong>" + html.EscapeString(i.Title) + "</strong></p>"
	if i.Kind == content.Note || i.Kind == content.Question {
		return title + i.Content
	}
	address := html.EscapeString(i.URL)
	return title + i.Content + `<p><a href="` + address + `" rel="nofollow noopener noreferrer" target="_blank">` + address + `</a></p>`
}

func mentionOf(who *actors.Actor) mention {
	return mention{ID: digits(who.ID), Username: who.Name, URL: who.URL, Acct: who.Acct()}
}

func (a *API) poll(s *shown, i *content.Item) *poll {
	if i.Poll == nil {
		return nil
	}
	x := &poll{ID: digits(i.ID), ExpiresAt: stampOrNull(i.Poll.Ends), Expired: i.Poll.Over(time.Now()), Multiple: i.Poll.Multiple, Options: []pollOption{}}
	untold := i.Poll.Hidden && !x.Expired && i.Author != s.viewer.ID
	var names []string
	for _, o := range i.Poll.Options {
		names = append(names, o.Name)
		votes := &o.Votes
		x.VotesCount += o.Votes
		if untold {
			votes = nil
		}
		x.Options = append(x.Options, pollOption{o.Name, votes})
	}
	x.Emojis = a.emojis(content.EmojisIn(i.Emojis, names...))
	if voters := i.Poll.Voters; voters >= 0 {
		x.VotersCount = &voters
	}
	if s.viewer.ID != 0 {
		chosen := s.choices[i.ID]
		x.pollMarks = &pollMarks{Voted: len(chosen) > 0 || i.Author == s.viewer.ID, OwnVotes: append([]int{}, chosen...)}
	}
	return x
}

// relationshipOf shows how somebody stands to another. requested_by holds for requests to join a group of one's own too: clients
// show the two buttons by it.
func relationshipOf(id actors.ID, s *actors.Standing) relationship {
	out, in := s.Outgoing, s.Incoming
	following := out.State == actors.Active
	x := relationship{ID: digits(id), Following: following, ShowingReblogs: following && out.Boosts, Notifying: following && out.Notify,
		Requested: out.State == actors.Requested, FollowedBy: in.State == actors.Active, RequestedBy: s.Asks,
		Blocking: s.Blocking, BlockedBy: s.BlockedBy, Muting: s.Muting, MutingNotifications: s.MutingNotifications, MutingExpiresAt: stampOrNull(s.MutedUntil),
		DomainBlocking: s.DomainBlocking, Endorsed: s.Endorsed, Note: s.Note}
	if following && len(out.Languages) > 0 {
		x.Languages = &out.Languages
	}
	return x
}
