// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/outbox"
)

const adminScopes = everything + " admin:read admin:write"

// governed is a world with an administrator, eva: "eva" has a token with the scopes of administrators, "evaplain" one without,
// "annaadmin" is one of an ordinary person who asked for them.
func governed(t *testing.T, test func(*world)) {
	each(t, func(w *world) {
		w.person("eva")
		w.check(w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(w.Context(), "UPDATE accounts SET admin = TRUE WHERE actor = $1", w.actor("eva").ID)
			return err
		}))
		for name, scopes := range map[string]string{"eva": adminScopes, "evaplain": everything, "annaadmin": adminScopes} {
			token, err := w.api.Auth.IssueToken(w.Context(), w.actor(strings.TrimSuffix(strings.TrimSuffix(name, "plain"), "admin")).ID, scopes)
			w.check(err)
			w.tokens[name] = token
		}
		rule, err := w.api.Moderation.AddRule(w.Context(), moderation.CommandLine, 0, "nl", "Wees aardig.", "Altijd")
		w.check(err)
		w.names["rule"] = digits(rule)
		test(w)
	})
}

// note keeps the id of what a scenario makes: the next speak of it.
func (w *world) makes(name, method, path, who, body string) {
	w.Helper()
	var made struct {
		ID string `json:"id"`
	}
	w.get(&made, method, path, who, body)
	w.names[name] = made.ID
}

// Every route of administrators × everybody who must not use it.
func TestOnlyAdministratorsAdminister(t *testing.T) {
	governed(t, func(w *world) {
		routes := 0
		for _, r := range w.api.routes() {
			if !strings.Contains(r.path, "/admin/") {
				continue
			}
			routes++
			path := strings.ReplaceAll(r.path, "{id}", "{dora}")
			for who, want := range map[string]int{"": 401, "anna": 403, "evaplain": 403, "annaadmin": 403, "app": 403} {
				if answer := w.ask(r.method, path, who, ""); answer.Code != want {
					t.Errorf("%s %s by %q: %d %s", r.method, path, who, answer.Code, answer.Body)
				}
			}
			if answer := w.ask(r.method, path, "eva", ""); answer.Code == 401 || answer.Code == 403 && !strings.Contains(answer.Body.String(), "dora") {
				t.Errorf("%s %s by the administrator: %d %s", r.method, path, answer.Code, answer.Body)
			}
		}
		if routes != 47 {
			t.Errorf("%d routes", routes)
		}
	})
}

func TestAdministrationOfAccounts(t *testing.T) {
	governed(t, func(w *world) {
		w.run([]scenario{
			{"own role", "eva", "GET", "/api/v1/accounts/verify_credentials", "", 200, has(`"permissions":"2097151"`, `"name":"Admin"`), nil},
			{"all", "eva", "GET", "/api/v1/admin/accounts", "", 200, has(`"username":"anna"`, `"email":"anna@gouda.example"`, `"domain":"elders.example"`, `"ip":"192.0.2.1"`), nil},
			{"ours", "eva", "GET", "/api/v1/admin/accounts?local=true", "", 200, has(`"username":"anna"`), has("dora")},
			{"others", "eva", "GET", "/api/v1/admin/accounts?remote=true", "", 200, has("dora"), has(`"username":"anna"`)},
			{"staff", "eva", "GET", "/api/v1/admin/accounts?staff=true", "", 200, has(`"username":"eva"`), has("anna", "dora")},
			{"by domain", "eva", "GET", "/api/v2/admin/accounts?by_domain=elders.example", "", 200, has("dora"), has("anna")},
			{"by name", "eva", "GET", "/api/v2/admin/accounts?username=bA", "", 200, has(`"username":"bas"`), has(`"username":"anna"`)},
			{"by display name", "eva", "GET", "/api/v2/admin/accounts?display_name=bas", "", 200, has(`"username":"bas"`), has(`"username":"anna"`)},
			{"by e-mail", "eva", "GET", "/api/v2/admin/accounts?email=cas@", "", 200, has(`"username":"cas"`), has(`"username":"anna"`)},
			{"by address", "eva", "GET", "/api/v2/admin/accounts?ip=192.0.2.0/24", "", 200, has(`"username":"eva"`), has(`"username":"bas"`)},
			{"by no address", "eva", "GET", "/api/v2/admin/accounts?ip=zo", "", 422, has("Ip"), nil},
			{"by role", "eva", "GET", "/api/v2/admin/accounts?role_ids[]=3", "", 200, has(`"username":"eva"`), has(`"username":"bas"`)},
			{"by a wrong status", "eva", "GET", "/api/v2/admin/accounts?status=odd", "", 422, has("status"), nil},
			{"one page", "eva", "GET", "/api/v2/admin/accounts?origin=local&limit=1", "", 200, has(`"username":"eva"`), has(`"username":"cas"`)},
			{"one", "eva", "GET", "/api/v1/admin/accounts/{anna}", "", 200, has(`"confirmed":true`, `"approved":true`, `"suspended":false`), nil},
			{"nobody", "eva", "GET", "/api/v1/admin/accounts/{nobody}", "", 404, has("error"), nil},

			{"no action", "eva", "POST", "/api/v1/admin/accounts/{anna}/action", "", 422, has("Type"), nil},
			{"a wrong action", "eva", "POST", "/api/v1/admin/accounts/{anna}/action", "type=explode", 422, has("type must be"), nil},
			{"oneself", "eva", "POST", "/api/v1/admin/accounts/{eva}/action", "type=suspend", 403, has("another administrator"), nil},
			{"a warning", "eva", "POST", "/api/v1/admin/accounts/{anna}/action", "type=none&text=Denk+om+de+toon", 200, has("{}"), nil},
			{"the person is told", "anna", "GET", "/api/v1/notifications?types[]=moderation_warning", "", 200, has(`"type":"moderation_warning"`, `"moderation_warning":{"id":"`, `"text":"Denk om de toon"`), nil},
			{"sensitive", "eva", "POST", "/api/v1/admin/accounts/{anna}/action", "type=sensitive", 200, has("{}"), nil},
			{"its posts are", "bas", "GET", "/api/v1/statuses/{public}", "", 200, has(`"sensitive":true`), nil},
			{"sensitive no more", "eva", "POST", "/api/v1/admin/accounts/{anna}/unsensitive", "", 200, has(`"sensitized":false`), nil},
			{"nor its posts", "bas", "GET", "/api/v1/statuses/{public}", "", 200, has(`"sensitive":false`), nil},

			{"public before", "", "GET", "/api/v1/timelines/public", "", 200, has("SECRETpublic"), nil},
			{"silence", "eva", "POST", "/api/v1/admin/accounts/{anna}/action", "type=silence", 200, has("{}"), nil},
			{"it shows", "eva", "GET", "/api/v1/admin/accounts/{anna}", "", 200, has(`"silenced":true`, `"limited":true`), nil},
			{"in no public list", "", "GET", "/api/v1/timelines/public", "", 200, nil, has("SECRETpublic")},
			{"under no hashtag", "", "GET", "/api/v1/timelines/tag/bouwen", "", 200, nil, has("SECRETpublic")},
			{"by its address", "", "GET", "/api/v1/statuses/{public}", "", 200, has("SECRETpublic"), nil},
			{"not found by strangers", "cas", "GET", "/api/v2/search?q=ann&type=accounts", "", 200, nil, has(`"username":"anna"`)},
			{"filter", "eva", "GET", "/api/v1/admin/accounts?silenced=true", "", 200, has(`"username":"anna"`), has(`"username":"bas"`)},
			{"it can still write", "anna", "POST", "/api/v1/statuses", "status=SECRETsilent", 200, has("SECRETsilent"), nil},
			{"but not in public", "", "GET", "/api/v1/timelines/public", "", 200, nil, has("SECRETsilent")},
			{"unsilence", "eva", "POST", "/api/v1/admin/accounts/{anna}/unsilence", "", 200, has(`"silenced":false`), nil},
			{"all is back", "", "GET", "/api/v1/timelines/public", "", 200, has("SECRETpublic", "SECRETsilent"), nil},

			{"not deleted unless suspended", "eva", "DELETE", "/api/v1/admin/accounts/{anna}", "", 403, has("not suspended"), nil},
			{"featured before", "anna", "POST", "/api/v1/featured_tags", "name=bouwen", 200, nil, nil},
			{"suspend", "eva", "POST", "/api/v1/admin/accounts/{anna}/action", "type=suspend&text=Genoeg", 200, has("{}"), nil},
			{"her token is gone", "anna", "GET", "/api/v1/accounts/verify_credentials", "", 401, has("error"), nil},
			{"nothing is left", "", "GET", "/api/v1/statuses/{public}", "", 404, has("error"), nil},
			{"nor for her followers", "bas", "GET", "/api/v1/timelines/home", "", 200, nil, has("SECRET")},
			{"her hashtags are not shown", "bas", "GET", "/api/v1/accounts/{anna}/featured_tags", "", 200, has("[]"), has("bouwen")},
			{"her account says so", "bas", "GET", "/api/v1/accounts/{anna}", "", 200, has(`"suspended":true`, `"note":""`), nil},
			{"she is not found", "bas", "GET", "/api/v2/search?type=accounts&q=anna", "", 200, nil, has(`"username":"anna"`)},
			{"she follows nobody", "bas", "GET", "/api/v1/accounts/{bas}/followers", "", 200, nil, has(`"username":"anna"`)},
			{"she cannot be followed", "cas", "POST", "/api/v1/accounts/{anna}/follow", "", 404, has("error"), nil},
			{"unsuspend", "eva", "POST", "/api/v1/admin/accounts/{anna}/unsuspend", "", 200, has(`"suspended":false`), nil},
			{"all is back", "", "GET", "/api/v1/statuses/{public}", "", 200, has("SECRETpublic"), nil},
			{"with her followings", "bas", "GET", "/api/v1/accounts/{bas}/followers", "", 200, has(`"username":"anna"`), nil},

			{"disable", "eva", "POST", "/api/v1/admin/accounts/{cas}/action", "type=disable", 200, has("{}"), nil},
			{"token", "cas", "GET", "/api/v1/timelines/home", "", 401, has("error"), nil},
			{"filter", "eva", "GET", "/api/v2/admin/accounts?status=disabled", "", 200, has(`"username":"cas"`, `"disabled":true`), has(`"username":"bas"`)},
			{"enable", "eva", "POST", "/api/v1/admin/accounts/{cas}/enable", "", 200, has(`"disabled":false`), nil},
			{"others are not disabled", "eva", "POST", "/api/v1/admin/accounts/{dora}/action", "type=disable", 422, has("suspend or silence"), nil},

			{"suspend elsewhere", "eva", "POST", "/api/v1/admin/accounts/{dora}/action", "type=suspend", 200, has("{}"), nil},
			{"nothing is left", "", "GET", "/api/v1/statuses/{remote}", "", 404, has("error"), nil},
			{"status", "eva", "GET", "/api/v2/admin/accounts?status=suspended", "", 200, has("dora"), has(`"username":"anna"`)},
			{"delete", "eva", "DELETE", "/api/v1/admin/accounts/{dora}", "", 200, has("dora"), nil},
			{"gone", "", "GET", "/api/v1/accounts/{dora}", "", 410, has("error"), nil},
			{"suspend", "eva", "POST", "/api/v1/admin/accounts/{bas}/action", "type=suspend", 200, has("{}"), nil},
			{"delete one of ours", "eva", "DELETE", "/api/v1/admin/accounts/{bas}", "", 200, has(`"email":"bas@gouda.example"`), nil},
			{"gone", "eva", "GET", "/api/v1/admin/accounts?email=bas@", "", 200, has("[]"), nil},
			{"the node itself", "eva", "POST", "/api/v1/admin/accounts/" + orgOf(w) + "/action", "type=suspend", 403, has("the node itself"), nil},
		})
		if n, err := db.One(w.Context(), w.api.DB, db.Scalar[int], "SELECT COUNT(*) FROM accounts WHERE email LIKE 'bas@%'"); err != nil || n != 0 {
			t.Errorf("the address of a deleted account is kept: %d %v", n, err)
		}
		entries, err := moderation.Audit(w.Context(), w.api.DB, 100)
		w.check(err)
		var told []string
		for _, e := range entries {
			told = append(told, e.Who+" "+e.Action+" "+e.Object+" "+e.Address)
		}
		for _, want := range []string{"eva account.suspend @anna@gouda.example 192.0.2.1", "eva account.unsuspend @anna@gouda.example 192.0.2.1", "command line rule.add"} {
			if !strings.Contains(strings.Join(told, "\n"), want) {
				t.Errorf("the audit log has no %q: %q", want, told)
			}
		}
		good, broken, err := moderation.VerifyAudit(w.Context(), w.api.DB)
		if err != nil || broken != nil || good != len(entries) {
			t.Errorf("%d of %d are good, %v is not: %v", good, len(entries), broken, err)
		}
		w.exec("UPDATE audit SET reason = 'niets' WHERE action = 'account.suspend' AND object LIKE '@anna%'")
		if _, broken, err = moderation.VerifyAudit(w.Context(), w.api.DB); err != nil || broken == nil || broken.Reason != "niets" {
			t.Errorf("a changed entry is not noticed: %v %v", broken, err)
		}
	})
}

func orgOf(w *world) string {
	org, err := actors.ByIRI(w.Context(), w.api.DB, w.api.Dir.URL("/org"))
	w.check(err)
	return digits(org.ID)
}

func TestReports(t *testing.T) {
	governed(t, func(w *world) {
		w.run([]scenario{
			{"nobody", "", "POST", "/api/v1/reports", "account_id={anna}", 401, has("error"), nil},
			{"about nobody", "bas", "POST", "/api/v1/reports", "account_id={nobody}", 404, has("error"), nil},
			{"without an account", "bas", "POST", "/api/v1/reports", "comment=x", 404, has("error"), nil},
			{"too long", "bas", "POST", "/api/v1/reports", "account_id={anna}&comment=" + strings.Repeat("x", 1001), 422, has("Comment is too long"), nil},
			{"a wrong category", "bas", "POST", "/api/v1/reports", "account_id={anna}&category=odd", 422, has("Category"), nil},
			{"an unknown rule", "bas", "POST", "/api/v1/reports", "account_id={anna}&category=violation&rule_ids[]=1", 422, has("Rules"), nil},
		})
		w.makes("report", "POST", "/api/v1/reports", "bas", "account_id={anna}&comment=Niet+aardig&rule_ids[]={rule}&status_ids[]={public}&status_ids[]={reply}&forward=true")
		w.makes("other", "POST", "/api/v1/reports", "bas", `{"account_id":"{dora}","category":"spam","status_ids":["{remote}"],"forward":true}`)
		w.run([]scenario{
			{"administrators are told, each time", "evaplain", "GET", "/api/v1/notifications?types[]=admin.report", "", 200, has(`"type":"admin.report"`, `"report":{"id":"{report}"`, `"report":{"id":"{other}"`), nil},
			{"and others are not", "anna", "GET", "/api/v1/notifications?types[]=admin.report", "", 200, has("[]"), nil},
			{"list", "eva", "GET", "/api/v1/admin/reports", "", 200, has(`"comment":"Niet aardig"`, `"category":"violation"`, "SECRETpublic", "Wees aardig."), has("Antwoord")},
			{"by reporter", "eva", "GET", "/api/v1/admin/reports?account_id={anna}", "", 200, has("[]"), nil},
			{"by target", "eva", "GET", "/api/v1/admin/reports?target_account_id={dora}", "", 200, has(`"id":"{other}"`, `"forwarded":true`), has("Niet aardig")},
			{"one", "eva", "GET", "/api/v1/admin/reports/{report}", "", 200, has(`"forwarded":false`, `"assigned_account":null`), nil},
			{"none", "eva", "GET", "/api/v1/admin/reports/1", "", 404, has("error"), nil},
			{"assign", "eva", "POST", "/api/v1/admin/reports/{report}/assign_to_self", "", 200, has(`"assigned_account":{"id":"{eva}"`), nil},
			{"unassign", "eva", "POST", "/api/v1/admin/reports/{report}/unassign", "", 200, has(`"assigned_account":null`), nil},
			{"category", "eva", "PUT", "/api/v1/admin/reports/{report}", "category=spam", 200, has(`"category":"spam"`, `"rules":[]`), nil},
			{"a wrong one", "eva", "PUT", "/api/v1/admin/reports/{report}", "category=odd", 422, has("Category"), nil},
			{"resolve", "eva", "POST", "/api/v1/admin/reports/{report}/resolve", "", 200, has(`"action_taken":true`, `"action_taken_by_account":{"id":"{eva}"`), nil},
			{"not among the open", "eva", "GET", "/api/v1/admin/reports", "", 200, nil, has(`"id":"{report}"`)},
			{"among the resolved", "eva", "GET", "/api/v1/admin/reports?resolved=true", "", 200, has(`"id":"{report}"`), nil},
			{"reopen", "eva", "POST", "/api/v1/admin/reports/{report}/reopen", "", 200, has(`"action_taken":false`, `"action_taken_by_account":null`), nil},
			{"an action resolves it", "eva", "POST", "/api/v1/admin/accounts/{anna}/action", "type=suspend&report_id={report}", 200, has("{}"), nil},
			{"so it is", "eva", "GET", "/api/v1/admin/reports?resolved=true", "", 200, has(`"id":"{report}"`, "SECRETpublic"), nil},
		})
		flags, err := db.All(w.Context(), w.api.DB, db.Scalar[[]byte], "SELECT body FROM activities WHERE kind = 'Flag'")
		w.check(err)
		if len(flags) != 1 || !strings.Contains(string(flags[0]), `"actor":"https://gouda.example/actor"`) || strings.Contains(string(flags[0]), "bas") ||
			!strings.Contains(string(flags[0]), "https://elders.example/notes/1") {
			t.Errorf("passed on: %s", flags)
		}
	})
}

func TestDecisionsAboutNodes(t *testing.T) {
	governed(t, func(w *world) {
		w.check(w.api.Outbox.Follow(w.Context(), w.actor("bas"), w.actor("anna"), nil, nil))
		w.run([]scenario{
			{"no host", "eva", "POST", "/api/v1/admin/domain_blocks", "domain=https://x/", 422, has("error"), nil},
			{"ourselves", "eva", "POST", "/api/v1/admin/domain_blocks", "domain=gouda.example", 422, has("this node itself"), nil},
			{"a wrong severity", "eva", "POST", "/api/v1/admin/domain_blocks", "domain=x.example&severity=odd", 422, has("Severity"), nil},
		})
		w.makes("block", "POST", "/api/v1/admin/domain_blocks", "eva", "domain=elders.example&public_comment=Reclame&private_comment=Drie+meldingen&obfuscate=true")
		w.run([]scenario{
			{"silence is usual", "eva", "GET", "/api/v1/admin/domain_blocks/{block}", "", 200, has(`"severity":"silence"`, `"private_comment":"Drie meldingen"`), nil},
			{"twice", "eva", "POST", "/api/v1/admin/domain_blocks", "domain=elders.example", 422, has("already been taken", `"existing_domain_block":{`), nil},
			{"its people are limited", "anna", "GET", "/api/v1/accounts/{dora}", "", 200, has(`"limited":true`), nil},
			{"their posts are not public", "", "GET", "/api/v1/timelines/public", "", 200, nil, has("Van elders")},
			{"but there", "", "GET", "/api/v1/statuses/{remote}", "", 200, has("Van elders", "1.png"), nil},
			{"everybody may know, a bit", "", "GET", "/api/v1/instance/domain_blocks", "", 200, has(`"domain":"eld***.****ple"`, `"severity":"silence"`, `"comment":"Reclame"`), has("Drie")},
			{"it is no allow", "eva", "GET", "/api/v1/admin/domain_allows/{block}", "", 404, has("error"), nil},
			{"noop", "eva", "PUT", "/api/v1/admin/domain_blocks/{block}", "severity=noop&reject_media=true&obfuscate=false", 200, has(`"severity":"noop"`, `"reject_media":true`), nil},
			{"is public again", "", "GET", "/api/v1/timelines/public", "", 200, has("Van elders"), has("1.png")},
			{"and not told", "", "GET", "/api/v1/instance/domain_blocks", "", 200, has("[]"), nil},
			{"suspend", "eva", "PUT", "/api/v1/admin/domain_blocks/{block}", "severity=suspend", 200, has(`"severity":"suspend"`), nil},
			{"nothing is left", "", "GET", "/api/v1/statuses/{remote}", "", 404, has("error"), nil},
			{"not for one of its people alone", "eva", "POST", "/api/v1/admin/accounts/{dora}/unsuspend", "", 403, has("no contact with elders.example"), nil},
			{"not among peers", "", "GET", "/api/v1/instance/peers", "", 200, has("[]"), nil},
			{"who lost somebody is told", "anna", "GET", "/api/v1/notifications?types[]=severed_relationships", "", 200, has(`"type":"severed_relationships"`, `"event":{"id":"`, `"type":"domain_block"`, `"target_name":"elders.example","followers_count":1,"following_count":0`), nil},
			{"others are not", "bas", "GET", "/api/v1/notifications?types[]=severed_relationships", "", 200, has("[]"), nil},
			{"list", "eva", "GET", "/api/v1/admin/domain_blocks?limit=1", "", 200, has(`"id":"{block}"`), nil},
			{"back", "eva", "DELETE", "/api/v1/admin/domain_blocks/{block}", "", 200, has("elders.example"), nil},
			{"gone", "eva", "GET", "/api/v1/admin/domain_blocks/{block}", "", 404, has("error"), nil},
			{"all is back", "", "GET", "/api/v1/statuses/{remote}", "", 200, has("Van elders"), nil},
		})
		w.makes("allow", "POST", "/api/v1/admin/domain_allows", "eva", "domain=samen.example")
		w.run([]scenario{
			{"allows", "eva", "GET", "/api/v1/admin/domain_allows", "", 200, has(`"domain":"samen.example"`), nil},
			{"one", "eva", "GET", "/api/v1/admin/domain_allows/{allow}", "", 200, has(`"domain":"samen.example"`), nil},
			{"it is no block", "eva", "GET", "/api/v1/admin/domain_blocks/{allow}", "", 404, has("error"), nil},
			{"back", "eva", "DELETE", "/api/v1/admin/domain_allows/{allow}", "", 200, has("samen.example"), nil},
			{"none", "eva", "GET", "/api/v1/admin/domain_allows", "", 200, has("[]"), nil},
		})
	})
}

// What was decided about one person stays when what was decided about the node is taken back.
func TestDecisionsAboutPeopleOutliveThoseAboutTheirNode(t *testing.T) {
	governed(t, func(w *world) {
		dora := w.actor("dora")
		w.check(w.api.Moderation.Act(w.Context(), moderation.CommandLine, dora, moderation.Decision{Action: moderation.Silence}))
		time.Sleep(2 * time.Millisecond)
		for _, policy := range []string{actors.PeerLimited, actors.PeerBlocked} {
			_, err := w.api.Moderation.DecideHost(w.Context(), moderation.CommandLine, actors.Peer{Host: "elders.example", Policy: policy})
			w.check(err)
		}
		w.check(w.api.Moderation.ForgetHost(w.Context(), moderation.CommandLine, "elders.example"))
		if dora = w.actor("dora"); dora.Silenced.IsZero() || !dora.Suspended.IsZero() {
			t.Errorf("silenced %v, suspended %v", dora.Silenced, dora.Suspended)
		}
	})
}

func TestADomainIsItsSubdomainsToo(t *testing.T) {
	each(t, func(w *world) {
		for host, policy := range map[string]string{"spam.example": actors.PeerBlocked, "goed.spam.example": actors.PeerAllowed} {
			_, err := w.api.Moderation.DecideHost(w.Context(), moderation.CommandLine, actors.Peer{Host: host, Policy: policy})
			w.check(err)
		}
		hosts := []string{"spam.example", "a.spam.example", "goed.spam.example", "x.goed.spam.example", "notspam.example", "elders.example"}
		for _, limited := range []bool{false, true} {
			w.api.Dir.Limited = limited
			refused, err := w.api.Dir.Refused(w.Context(), w.api.DB, hosts)
			w.check(err)
			for _, host := range hosts {
				want := strings.HasSuffix(host, "spam.example") && !strings.Contains(host, "goed") && host != "notspam.example" || limited && !strings.Contains(host, "goed")
				if welcome := w.api.Dir.Welcome(w.Context(), w.api.DB, host); refused[host] != want || (welcome != nil) != want {
					t.Errorf("%s, limited %v: refused %v, %v", host, limited, refused[host], welcome)
				}
			}
		}
	})
}

func TestBlocksAtTheDoor(t *testing.T) {
	governed(t, func(w *world) {
		w.makes("emaildomain", "POST", "/api/v1/admin/email_domain_blocks", "eva", "domain=wegwerp.example")
		w.makes("email", "POST", "/api/v1/admin/canonical_email_blocks", "eva", "email=Jan.Jansen%2Bx@Post.example")
		w.makes("ip", "POST", "/api/v1/admin/ip_blocks", "eva", "ip=198.51.100.0/24&severity=sign_up_block&comment=Robots&expires_in=3600")
		w.run([]scenario{
			{"e-mail domains", "eva", "GET", "/api/v1/admin/email_domain_blocks", "", 200, has("wegwerp.example", `"history":[{"day":"`), nil},
			{"one", "eva", "GET", "/api/v1/admin/email_domain_blocks/{emaildomain}", "", 200, has("wegwerp.example"), nil},
			{"no domain", "eva", "POST", "/api/v1/admin/email_domain_blocks", "domain=zo", 422, has("Domain"), nil},
			{"twice", "eva", "POST", "/api/v1/admin/email_domain_blocks", "domain=wegwerp.example", 422, has("already been taken"), nil},
			{"none", "eva", "GET", "/api/v1/admin/email_domain_blocks/1", "", 404, has("error"), nil},
			{"addresses", "eva", "GET", "/api/v1/admin/canonical_email_blocks", "", 200, has(`"canonical_email_hash":"` + moderation.EmailHash("janjansen@post.example")), nil},
			{"one", "eva", "GET", "/api/v1/admin/canonical_email_blocks/{email}", "", 200, has("canonical_email_hash"), nil},
			{"test", "eva", "POST", "/api/v1/admin/canonical_email_blocks/test", "email=janjansen@post.example", 200, has(`"id":"{email}"`), nil},
			{"test of another", "eva", "POST", "/api/v1/admin/canonical_email_blocks/test", "email=piet@post.example", 200, has("[]"), nil},
			{"no hash", "eva", "POST", "/api/v1/admin/canonical_email_blocks", "canonical_email_hash=x", 422, has("SHA-256"), nil},
			{"networks", "eva", "GET", "/api/v1/admin/ip_blocks", "", 200, has(`"ip":"198.51.100.0/24"`, `"comment":"Robots"`), nil},
			{"a network", "eva", "GET", "/api/v1/admin/ip_blocks/{ip}", "", 200, has(`"ip":"198.51.100.0/24"`), nil},
			{"a wrong one", "eva", "POST", "/api/v1/admin/ip_blocks", "ip=zo&severity=no_access", 422, has("Ip"), nil},
			{"a wrong severity", "eva", "POST", "/api/v1/admin/ip_blocks", "ip=203.0.113.7&severity=odd", 422, has("Severity"), nil},
			{"oneself", "eva", "POST", "/api/v1/admin/ip_blocks", "ip=192.0.2.0/24&severity=no_access", 422, has("you use now"), nil},
			{"change", "eva", "PUT", "/api/v1/admin/ip_blocks/{ip}", "severity=no_access&expires_in=", 200, has(`"severity":"no_access"`, `"expires_at":null`, `"comment":"Robots"`), nil},
		})
		for address, may := range map[string]bool{"198.51.100.7:1234": false, "198.51.101.7:1234": true, "[2001:db8::1]:1": true} {
			if w.api.Moderation.MayCome(w.Context(), address) != may {
				t.Errorf("%s may come: %v", address, !may)
			}
		}
		w.run([]scenario{
			{"back", "eva", "DELETE", "/api/v1/admin/ip_blocks/{ip}", "", 200, has("198.51.100.0/24"), nil},
			{"back", "eva", "DELETE", "/api/v1/admin/canonical_email_blocks/{email}", "", 200, has("hash"), nil},
			{"back", "eva", "DELETE", "/api/v1/admin/email_domain_blocks/{emaildomain}", "", 200, has("wegwerp"), nil},
			{"none", "eva", "GET", "/api/v1/admin/ip_blocks", "", 200, has("[]"), nil},
			{"gone", "eva", "DELETE", "/api/v1/admin/ip_blocks/{ip}", "", 404, has("error"), nil},
		})
		if !w.api.Moderation.MayCome(w.Context(), "198.51.100.7:1234") {
			t.Error("a network that was let in again may not come")
		}
	})
}

func TestFigures(t *testing.T) {
	governed(t, func(w *world) {
		w.post("anna", "tagged", outbox.Draft{Text: "Nog iets #Bouwen", Language: "en"})
		today := time.Now().UTC().Format(time.DateOnly)
		span := "&start_at=" + today + "&end_at=" + today
		w.ask("GET", "/api/v1/timelines/home", "anna", "")
		for key, want := range map[string]string{"active_users": "2", "new_users": "4", "interactions": "3", "opened_reports": "0", "resolved_reports": "0",
			"tag_accounts&tag_accounts[id]=bouwen": "1", "tag_uses&tag_uses[id]=" + tagID("bouwen"): "2", "tag_servers&tag_servers[id]=bouwen": "1",
			"instance_accounts&instance_accounts[domain]=elders.example": "1", "instance_media_attachments&instance_media_attachments[domain]=elders.example": "1",
			"instance_reports&instance_reports[domain]=elders.example": "0", "instance_statuses&instance_statuses[domain]=elders.example": "1",
			"instance_follows&instance_follows[domain]=elders.example": "0", "instance_followers&instance_followers[domain]=elders.example": "1"} {
			var got []measure
			w.get(&got, "POST", "/api/v1/admin/measures", "eva", "keys[]="+key+span)
			if len(got) != 1 || got[0].Total != want || len(got[0].Data) != 1 || got[0].Data[0].Value != want {
				t.Errorf("%s: %+v instead of %s", key, got, want)
			}
		}
		for key, want := range map[string]string{"languages": "und 2", "sources": "web 4", "servers": "gouda.example 8", "tag_servers&tag_servers[id]=bouwen": "gouda.example 2",
			"tag_languages&tag_languages[id]=bouwen": "en 1", "instance_accounts&instance_accounts[domain]=elders.example": "dora 0",
			"instance_languages&instance_languages[domain]=elders.example": "und 1", "software_versions": "pleio-node 0.1.0"} {
			var got []dimension
			w.get(&got, "POST", "/api/v1/admin/dimensions", "eva", "keys[]="+key+span)
			if len(got) != 1 || len(got[0].Data) == 0 || got[0].Data[0].Key+" "+got[0].Data[0].Value != want {
				t.Errorf("%s: %+v instead of %s", key, got, want)
			}
		}
		w.run([]scenario{
			{"space", "eva", "POST", "/api/v1/admin/dimensions", "keys[]=space_usage", 200, has(`"key":"database"`, `"unit":"bytes"`), nil},
			{"retention", "eva", "POST", "/api/v1/admin/retention", "frequency=day" + span, 200, has(`"frequency":"day"`, `"rate":0.5`, `"value":"2"`), nil},
			{"monthly", "eva", "POST", "/api/v1/admin/retention", "frequency=month" + span, 200, has(`"frequency":"month"`, `"rate":0.5`), nil},
			{"a wrong frequency", "eva", "POST", "/api/v1/admin/retention", "frequency=week" + span, 422, has("frequency"), nil},
			{"too many cohorts", "eva", "POST", "/api/v1/admin/retention", "frequency=day&start_at=2026-01-01&end_at=2026-06-01", 422, has("cohorts"), nil},
			{"no key", "eva", "POST", "/api/v1/admin/measures", "x=y", 422, has("keys"), nil},
			{"a wrong key", "eva", "POST", "/api/v1/admin/measures", "keys[]=odd", 422, has("odd"), nil},
			{"a wrong dimension", "eva", "POST", "/api/v1/admin/dimensions", "keys[]=odd", 422, has("odd"), nil},
			{"no subject", "eva", "POST", "/api/v1/admin/measures", "keys[]=tag_uses", 422, has("tag_uses[id]"), nil},
			{"too long", "eva", "POST", "/api/v1/admin/measures", "keys[]=new_users&start_at=2020-01-01&end_at=2026-01-01", 422, has("a year"), nil},
			{"backwards", "eva", "POST", "/api/v1/admin/measures", "keys[]=new_users&start_at=2026-02-01&end_at=2026-01-01", 422, has("end_at"), nil},
			{"trends", "eva", "GET", "/api/v1/admin/trends/tags", "", 200, has("["), nil},
		})
		var weeks []week
		w.get(&weeks, "GET", "/api/v1/instance/activity", "", "")
		if len(weeks) != 12 || weeks[0].Registrations != "4" || weeks[0].Logins != "2" || weeks[0].Statuses != "6" || weeks[1].Statuses != "0" {
			t.Errorf("%+v", weeks)
		}
		if answer := w.ask(http.MethodGet, "/health", "", ""); answer.Code != 200 || answer.Body.String() != "OK" {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
	})
}

func TestSignUp(t *testing.T) {
	good := "username=piet&email=piet@post.example&password=vier+losse+woorden+hier&agreement=true&locale=nl&reason=Ik+werk+bij+de+gemeente"
	governed(t, func(w *world) {
		w.makes("emaildomain", "POST", "/api/v1/admin/email_domain_blocks", "eva", "domain=wegwerp.example")
		w.run([]scenario{
			{"nobody", "", "POST", "/api/v1/accounts", good, 401, has("error"), nil},
			{"a person", "anna", "POST", "/api/v1/accounts", good, 403, has("error"), nil},
			{"all wrong", "app", "POST", "/api/v1/accounts", "username=root&email=x@wegwerp.example&password=kort", 422,
				has(`"details":{`, `"ERR_ACCEPTED"`, `"ERR_RESERVED"`, `"ERR_BLOCKED"`, `"ERR_INVALID"`, `"ERR_BLANK"`, "Validation failed: Username is reserved"), nil},
			{"it was counted", "eva", "GET", "/api/v1/admin/email_domain_blocks", "", 200, has(`"accounts":"1","uses":"1"`), nil},
			{"taken", "app", "POST", "/api/v1/accounts", strings.Replace(strings.Replace(good, "=piet&", "=anna&", 1), "piet@post", "anna@gouda", 1), 422, has(`"username":[{"error":"ERR_TAKEN"`, `"email":[{"error":"ERR_TAKEN"`), nil},
		})
		answer := w.ask("POST", "/api/v1/accounts", "app", good)
		var given token
		if answer.Code != 200 {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
		w.checkJSON(answer.Body.Bytes(), &given)
		w.tokens["piet"] = given.AccessToken
		piet, err := actors.LocalByName(w.Context(), w.api.DB, "piet")
		w.check(err)
		w.names["piet"] = digits(piet.ID)
		if _, err := w.api.Auth.Login(w.Context(), "piet", "vier losse woorden hier", auth.From{Address: "192.0.2.9:1"}); err == nil || !strings.Contains(err.Error(), "pending") {
			t.Errorf("who waits can log in: %v", err)
		}
		w.run([]scenario{
			{"who waits cannot act", "piet", "GET", "/api/v1/accounts/verify_credentials", "", 403, has("pending approval"), nil},
			{"nor is there", "bas", "GET", "/api/v2/search?q=piet", "", 200, nil, has(`"username":"piet"`)},
			{"administrators are told", "evaplain", "GET", "/api/v1/notifications?types[]=admin.sign_up", "", 200, has(`"type":"admin.sign_up"`, `"username":"piet"`), nil},
			{"pending", "eva", "GET", "/api/v1/admin/accounts?pending=true", "", 200, has(`"approved":false`, `"suspended":false`, `"invite_request":"Ik werk bij de gemeente"`, `"created_by_application_id"`), has(`"username":"anna"`)},
			{"no way around", "eva", "POST", "/api/v1/admin/accounts/{piet}/unsuspend", "", 403, has("approve or reject"), nil},
			{"approve", "eva", "POST", "/api/v1/admin/accounts/{piet}/approve", "", 200, has(`"approved":true`), nil},
			{"twice", "eva", "POST", "/api/v1/admin/accounts/{piet}/approve", "", 403, has("does not wait"), nil},
			{"now it is good", "piet", "POST", "/api/v1/statuses", "status=Hallo", 200, has("Hallo"), nil},
			{"others do not wait", "eva", "POST", "/api/v1/admin/accounts/{anna}/reject", "", 403, has("does not wait"), nil},
		})
		w.check(ignoreBody(w.ask("POST", "/api/v1/accounts", "app", strings.ReplaceAll(good, "piet", "klaas")).Code))
		klaas, err := actors.LocalByName(w.Context(), w.api.DB, "klaas")
		w.check(err)
		w.names["klaas"] = digits(klaas.ID)
		w.run([]scenario{
			{"reject", "eva", "POST", "/api/v1/admin/accounts/{klaas}/reject", "", 200, has(`"username":"klaas"`), nil},
			{"gone", "eva", "GET", "/api/v1/admin/accounts/{klaas}", "", 404, has("error"), nil},
		})
		w.api.Moderation.Registrations = moderation.Open
		w.run([]scenario{
			{"without waiting", "app", "POST", "/api/v1/accounts", strings.ReplaceAll(good, "piet", "klaas"), 200, has("access_token"), nil},
			{"found", "", "GET", "/api/v1/accounts/lookup?acct=klaas", "", 200, has(`"username":"klaas"`), nil},
			{"too often", "app", "POST", "/api/v1/accounts", good, 429, has("Too many requests"), nil},
		})
		w.api.Moderation.Registrations = moderation.Closed
		w.run([]scenario{
			{"closed", "app", "POST", "/api/v1/accounts", good, 403, has("not allowed"), nil},
			{"the instance says so", "", "GET", "/api/v2/instance", "", 200, has(`"registrations":{"enabled":false`), nil},
		})
	})
}

func ignoreBody(status int) error {
	if status != http.StatusOK {
		return fmt.Errorf("answered %d", status)
	}
	return nil
}

func TestSignUpFromBlockedNetworks(t *testing.T) {
	governed(t, func(w *world) {
		w.api.Moderation.Registrations = moderation.Open
		sign := func(name string) int {
			return w.ask("POST", "/api/v1/accounts", "app", "username="+name+"&email="+name+"@post.example&password=vier+losse+woorden+hier&agreement=1&reason=ja").Code
		}
		w.makes("ip", "POST", "/api/v1/admin/ip_blocks", "eva", "ip=192.0.2.1&severity=sign_up_requires_approval")
		if status := sign("piet"); status != 200 {
			t.Fatalf("%d", status)
		}
		piet, err := actors.LocalByName(w.Context(), w.api.DB, "piet")
		if err != nil || piet.Active() {
			t.Errorf("from a suspicious network somebody came in without waiting: %v", err)
		}
		w.ask("PUT", "/api/v1/admin/ip_blocks/{ip}", "eva", "severity=sign_up_block")
		if status := sign("klaas"); status != 403 {
			t.Errorf("%d", status)
		}
	})
}

// When the decision about a part of a domain is taken back, that about the domain counts for it.
func TestForgettingADecisionLeavesTheOneAbove(t *testing.T) {
	each(t, func(w *world) {
		w.exec("UPDATE actors SET host = 'sub.elders.example' WHERE id = $1", w.actor("dora").ID)
		state := func(want bool) {
			t.Helper()
			if suspended := !w.actor("dora").Suspended.IsZero(); suspended != want {
				t.Errorf("suspended: %v", suspended)
			}
		}
		decide := func(host, policy string) {
			t.Helper()
			_, err := w.api.Moderation.DecideHost(w.Context(), moderation.CommandLine, actors.Peer{Host: host, Policy: policy})
			w.check(err)
		}
		decide("sub.elders.example", actors.PeerAllowed)
		decide("elders.example", actors.PeerBlocked)
		state(false)
		w.check(w.api.Moderation.ForgetHost(w.Context(), moderation.CommandLine, "sub.elders.example"))
		state(true)
		w.check(w.api.Moderation.ForgetHost(w.Context(), moderation.CommandLine, "elders.example"))
		state(false)
	})
}
