// Package console is the operator's pages: from the fleet's answer to a single booked entry by clicking.
//
// Owns. The pages under /, their look (assets), the geometry of the waterfall, and the view structs that a page is made of.
//
// Does not own. Any fact. Every figure comes through [Source]; the console adds up nothing but what one page shows, and writes nothing.
//
// Always true. Only GET and HEAD are answered, and only to a loopback or configured Host, so that no foreign page can reach
// the books by DNS rebinding. No page carries an inline script, handler or style: the policy in [Policy] would block it.
// Every page works without script. Every profit and loss figure leads to the entries behind it, and says as of when it holds.
// A negative amount is written with a true minus, never by colour alone.
//
// Says. No events. /events streams the live counters of [Live] to the pages.
//
// Start reading at. [Source] in source.go, then [Handler] in handler.go; the pages are the *.templ files
// (go tool templ generate -path . writes the *_templ.go beside them).
package console
