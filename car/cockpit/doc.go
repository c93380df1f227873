// Package cockpit is the head unit's page: the car now, what it may do, what it could buy, and what it waits to install.
//
// Owns. The pages, their look, the lock while the car moves, and the proof that a form was made by these pages.
//
// Does not own. Any fact and any decision about money, rights or software: those are asked of [Car].
//
// Always true. A lost speed or an unknown drive state counts as moving. While moving, nothing can be bought, installed or
// consented to, and the pages say so. A form is accepted only from the same origin and with a token for exactly the
// thing, the price and the key that it showed; sent twice it carries the same key, so it is paid once. Every screen can be read
// offline. No page carries an inline script, handler or style.
//
// Says. No events. /events streams speed, charge and drive state to the page.
//
// Start reading at. [Car] in car.go, then [Handler] in handler.go.
package cockpit
