// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package node

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/moderation"
)

// Config is what an administrator decides. Every field can also be set in the environment, as PLEIO_SECTION_FIELD.
// The doc of a field is its comment in the example file.
type Config struct {
	Node struct {
		URL           string `toml:"url" doc:"The public address of this node. It is part of every id that others keep: it never changes."`
		Name          string `toml:"name" doc:"The organisation."`
		Email         string `toml:"email" doc:"Where people write to about this node; apps show it."`
		Listen        string `toml:"listen" doc:"Where the program waits for requests; a reverse proxy in front of it ends TLS."`
		Database      string `toml:"database" doc:"Empty: SQLite in the data folder. Or postgres://user:password@host/name"`
		Domain        string `toml:"domain" doc:"The domain in the handles of your people, when it is not that of the url: see split domain in deploy.md. Empty: that of the url."`
		Registrations string `toml:"registrations" doc:"Who can make an account from an app: closed (only administrators make accounts), approval (an administrator lets each in), or open."`
	} `toml:"node"`
	Network struct {
		AllowPrivate   []string `toml:"allow_private" doc:"Address ranges (CIDR) that outgoing requests may reach besides public addresses. Set, it replaces the default for development."`
		TrustedProxies []string `toml:"trusted_proxies" doc:"Address ranges of reverse proxies whose X-Forwarded-For is believed."`
		Secure         bool     `toml:"secure" doc:"Ask for a signature also where everybody may read (authorized fetch): other servers must then say who they are."`
		Limited        bool     `toml:"limited" doc:"Have contact with no other nodes than those that you allow (peer add)."`
	} `toml:"network"`
	Limits struct {
		Requests int `toml:"requests" doc:"Requests of one address, and with one token, to the client API in five minutes; a person may do five times as many, and uploads, deletions and paging are limited in proportion. 0: no limit. The headers are always sent."`
	} `toml:"limits"`
}

// DefaultConfig is a configuration in which only url and name are missing.
func DefaultConfig() Config {
	var c Config
	c.Node.Listen = "127.0.0.1:4000"
	c.Node.Registrations = moderation.Closed
	c.Limits.Requests = 300
	return c
}

const configFile = "config.toml"

// LoadConfig reads config.toml of a data folder, with what the environment sets over it. Unknown keys are errors.
func LoadConfig(data string, environ []string) (Config, error) {
	c := DefaultConfig()
	file := filepath.Join(data, configFile)
	meta, err := toml.DecodeFile(file, &c)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, fault.Say(fault.NotFound, "There is no node in %s: make one with \"pleio-node quickstart --data %s --url …\".", data, data)
	case err != nil:
		return c, fault.Say(fault.Invalid, "%s cannot be read: %s", file, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return c, fault.Say(fault.Invalid, "%s has a setting that does not exist: %s. The example file (pleio-node quickstart --example) has them all.", file, unknown[0])
	}
	if err := c.fromEnvironment(environ); err != nil {
		return c, err
	}
	return c, c.check()
}

// each calls f for every setting, with its section, name, documentation and value.
func (c *Config) each(f func(section, name, doc string, value reflect.Value) error) error {
	root := reflect.ValueOf(c).Elem()
	for i := range root.NumField() {
		section := root.Type().Field(i)
		for j := range section.Type.NumField() {
			field := section.Type.Field(j)
			if err := f(section.Tag.Get("toml"), field.Tag.Get("toml"), field.Tag.Get("doc"), root.Field(i).Field(j)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Config) fromEnvironment(environ []string) error {
	set := map[string]string{}
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok && strings.HasPrefix(name, "PLEIO_") {
			set[name] = value
		}
	}
	return c.each(func(section, name, _ string, value reflect.Value) error {
		variable := EnvironmentName(section, name)
		text, ok := set[variable]
		if !ok {
			return nil
		}
		switch value.Kind() {
		case reflect.String:
			value.SetString(text)
		case reflect.Bool:
			b, err := strconv.ParseBool(text)
			if err != nil {
				return fault.Say(fault.Invalid, "%s is true or false, not %q.", variable, text)
			}
			value.SetBool(b)
		case reflect.Int:
			n, err := strconv.Atoi(text)
			if err != nil {
				return fault.Say(fault.Invalid, "%s is a whole number, not %q.", variable, text)
			}
			value.SetInt(int64(n))
		case reflect.Slice:
			value.Set(reflect.ValueOf(strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })))
		}
		return nil
	})
}

// EnvironmentName is the variable that sets a field.
func EnvironmentName(section, name string) string {
	return "PLEIO_" + strings.ToUpper(section) + "_" + strings.ToUpper(name)
}

func (c *Config) check() error {
	base, err := c.base()
	if err != nil {
		return err
	}
	if c.Node.Name == "" {
		return fault.Say(fault.Invalid, "The node needs a name: that of the organisation ([node] name).")
	}
	if r := c.Node.Registrations; r != moderation.Closed && r != moderation.Approval && r != moderation.Open {
		return fault.Say(fault.Invalid, "Registrations are closed, approval or open, not %q ([node] registrations).", r)
	}
	if c.Node.Domain != "" {
		if _, domain, err := federation.ParseHandle("x@" + c.Node.Domain); err != nil || domain != c.Node.Domain {
			return fault.Say(fault.Invalid, "%q is not a domain for handles ([node] domain).", c.Node.Domain)
		}
	}
	for _, ranges := range [][]string{c.Network.AllowPrivate, c.Network.TrustedProxies} {
		if _, err := prefixes(ranges); err != nil {
			return err
		}
	}
	if base.Scheme == "http" && !loopbackHost(base.Hostname()) {
		return fault.Say(fault.Invalid, "%s: plain http is for trying on this computer only (127.0.0.1 or localhost). Take https, with a reverse proxy in front.", c.Node.URL)
	}
	return nil
}

func (c *Config) base() (*url.URL, error) {
	u, err := url.Parse(c.Node.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		return nil, fault.Say(fault.Invalid, "The address of the node must be like https://samen.gouda.nl, not %q ([node] url).", c.Node.URL)
	}
	u.Path = ""
	if origin := federation.Origin(u.String()); origin != u.String() {
		return nil, fault.Say(fault.Invalid, "Write the address of the node as %s ([node] url): others compare it letter by letter.", origin)
	}
	return u, nil
}

func loopbackHost(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

func prefixes(list []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fault.Say(fault.Invalid, "%q is not an address range: write it as 10.1.0.0/16.", text)
		}
		all = append(all, p)
	}
	return all, nil
}

// Example is the configuration as a commented file.
func (c Config) Example() string {
	var b strings.Builder
	b.WriteString("# The settings of this pleio-node. Each can be set in the environment too, by the name beside it.\n")
	last := ""
	c.each(func(section, name, doc string, value reflect.Value) error {
		if section != last {
			fmt.Fprintf(&b, "\n[%s]\n", section)
			last = section
		}
		unset := ""
		if value.Kind() == reflect.Slice && value.IsNil() {
			unset = "# " // set, even to nothing, it replaces the default
		}
		fmt.Fprintf(&b, "# %s (%s)\n%s%s = %s\n", doc, EnvironmentName(section, name), unset, name, tomlValue(value))
		return nil
	})
	return b.String()
}

func tomlValue(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		return strconv.Quote(v.String())
	case reflect.Slice:
		var words []string
		for i := range v.Len() {
			words = append(words, strconv.Quote(v.Index(i).String()))
		}
		return "[" + strings.Join(words, ", ") + "]"
	}
	return fmt.Sprint(v.Interface())
}

// WriteConfig makes config.toml in a data folder that has none.
func WriteConfig(data string, c Config) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	file := filepath.Join(data, configFile)
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fault.Say(fault.Invalid, "There is a node in %s already. Nothing was changed.", data)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	_, err = f.WriteString(c.Example())
	return errors.Join(err, f.Close())
}
