// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"strconv"
	"strings"
)

func readTags(v value) []Tag {
	var tags []Tag
	for _, one := range v.list() {
		o := one.fields()
		t := Tag{
			Type: text(o.get("type")), Name: o.text("name"), Href: o.id("href"),
			ID: text(o.get("id")), Icon: address(o.get("icon")), Updated: o.moment("updated"),
		}
		t.Type = strings.TrimPrefix(strings.TrimPrefix(t.Type, "as:"), "toot:")
		if t.Type != "" {
			tags = append(tags, t)
		}
	}
	return tags
}

func writeTags(tags []Tag) []any {
	list := make([]any, len(tags))
	for i, t := range tags {
		p := props{}
		p.ids(t.ID, t.Type)
		p.text("name", t.Name)
		p.id("href", t.Href)
		p.time("updated", t.Updated)
		if t.Icon != "" {
			p["icon"] = props{"type": "Image", "url": t.Icon}
		}
		list[i] = p
	}
	return list
}

// link is an address with what is said about it: a plain text, or a Link.
type link struct {
	object
	href, mediaType string
}

// links flattens what url, or a Link in it, holds. PeerTube puts the files of a stream in the tags of its playlist.
func links(v value) []link {
	var list []link
	for _, one := range v.list() {
		if one.first() == '"' {
			list = append(list, link{href: text(one)})
			continue
		}
		o := one.fields()
		l := link{o, text(o.get("href")), text(o.get("mediaType"))}
		if l.href == "" {
			l.href = o.get("url").id()
		}
		list = append(list, l)
		if text(o.get("mediaType")) == "application/x-mpegURL" {
			list = append(list, links(o.get("tag"))...)
		}
	}
	return list
}

// pageOf returns the page for people among the addresses: what is HTML, else what says nothing about itself, else the first.
func pageOf(v value) string {
	best, rank := "", 0
	for _, l := range links(v) {
		r := 1
		if strings.HasPrefix(l.mediaType, "text/html") {
			r = 3
		} else if l.mediaType == "" {
			r = 2
		}
		if href := web(l.href); href != "" && r > rank {
			best, rank = href, r
		}
	}
	return best
}

// address returns the address of a picture: its url, or of several the widest.
func address(v value) string {
	if a := readImage(v); a != nil {
		return a.URL
	}
	return ""
}

// readImage reads icon or image. Of several it takes the widest (PeerTube gives each avatar in many sizes).
func readImage(v value) *Attachment {
	var best *Attachment
	for _, one := range v.list() {
		if a, ok := readAttachment(one); ok && (best == nil || a.Width > best.Width) {
			best = &a
		}
	}
	if best != nil && (best.Type == "Document" || best.Type == "Link") {
		best.Type = "Image"
	}
	return best
}

func readAttachments(v value) []Attachment {
	var list []Attachment
	for _, one := range v.list() {
		if a, ok := readAttachment(one); ok {
			list = append(list, a)
		}
	}
	return list
}

// readAttachment reads a file (FEP-1311), a picture, or a Link as Lemmy sends it; !ok when there is nothing to fetch.
func readAttachment(v value) (Attachment, bool) {
	if v.first() == '"' {
		a := Attachment{Type: "Document", URL: web(text(v))}
		return a, a.URL != ""
	}
	o := v.fields()
	a := Attachment{
		Type: text(o.get("type")), MediaType: text(o.get("mediaType")), URL: web(text(o.get("href"))),
		Width: int(o.count("width")), Height: int(o.count("height")), Size: o.count("size"), Duration: seconds(o.get("duration")),
		Blurhash: text(o.get("blurhash")), Digest: text(o.get("digestMultibase")),
	}
	if a.Type == "" {
		a.Type = "Document"
	}
	for _, l := range links(o.get("url")) {
		if a.URL != "" {
			break
		}
		if a.URL = web(l.href); a.URL != "" && a.MediaType == "" {
			a.MediaType = l.mediaType
		}
	}
	if a.Name = o.text("name"); a.Name == "" {
		a.Name = o.text("summary")
	}
	if focus := o.get("focalPoint").list(); len(focus) == 2 {
		x, okX := focus[0].number()
		y, okY := focus[1].number()
		if a.HasFocus = okX && okY; a.HasFocus {
			a.Focus = [2]float64{max(-1, min(1, x)), max(-1, min(1, y))}
		}
	}
	return a, a.URL != ""
}

// readMedia makes attachments of the files of a Video or Audio, which its url lists beside the page (PeerTube, Funkwhale);
// its icon is the still picture.
func (x *Object) readMedia(o object) {
	for _, l := range links(o.get("url")) {
		kind, _, _ := strings.Cut(l.mediaType, "/")
		if (kind != "video" && kind != "audio") || web(l.href) == "" {
			continue
		}
		x.Attachments = append(x.Attachments, Attachment{
			Type: strings.ToUpper(kind[:1]) + kind[1:], MediaType: l.mediaType, URL: l.href,
			Width: int(l.count("width")), Height: int(l.count("height")), Size: l.count("size"), Duration: seconds(o.get("duration")),
		})
	}
	if x.Image == nil {
		x.Image = readImage(o.get("icon"))
	}
}

// props writes a file. The alternative text goes under both names: GoToSocial reads summary first, others only name.
func (a *Attachment) props() props {
	p := props{"type": a.Type}
	p.text("mediaType", a.MediaType)
	p.text("url", a.URL)
	p.text("name", a.Name)
	p.text("summary", a.Name)
	p.count("width", int64(a.Width))
	p.count("height", int64(a.Height))
	p.count("size", a.Size)
	if a.Duration > 0 {
		p["duration"] = "PT" + strconv.FormatFloat(a.Duration, 'f', -1, 64) + "S"
	}
	p.text("blurhash", a.Blurhash)
	p.text("digestMultibase", a.Digest)
	if a.HasFocus {
		p["focalPoint"] = []any{a.Focus[0], a.Focus[1]}
	}
	return p
}

func writeAttachments(files []Attachment) []any {
	list := make([]any, len(files))
	for i := range files {
		list[i] = files[i].props()
	}
	return list
}

func (p props) image(name string, a *Attachment) {
	if a != nil {
		p[name] = a.props()
	}
}
