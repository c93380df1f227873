package passport

import (
	"fmt"
	"strings"

	"rsc.io/qr"

	"roadbook/fault"
)

// The data carrier is a QR code by ISO/IEC 18004 (Art. 77(3), Art. 13(6)).
const (
	MaxLink = 300 // bytes of a link: a larger code is hard to read from a battery
	quiet   = 4   // light modules around the code (ISO/IEC 18004, 6.3.8)
	pixels  = 8   // of a module in the PNG
)

// code makes the QR code of a link, at error correction level M: it still reads with 15 % of it lost.
func code(link string) (*qr.Code, error) {
	if link == "" || len(link) > MaxLink {
		return nil, fault.New(fault.Invalid, "link", "a link of 1 to %d bytes fits a readable QR code, this one has %d", MaxLink, len(link))
	}
	return qr.Encode(link, qr.M)
}

// SVG draws the QR code of a link, black on white with its quiet zone. One unit is one module.
func SVG(link string) ([]byte, error) {
	c, err := code(link)
	if err != nil {
		return nil, err
	}
	var path strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; {
			if !c.Black(x, y) {
				x++
				continue
			}
			run := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", run+quiet, y+quiet, x-run, x-run)
		}
	}
	side := c.Size + 2*quiet
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" shape-rendering="crispEdges" role="img" aria-label="QR code of the battery passport">`+
		`<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`+"\n", side, side, side*4, side*4, side, side, path.String()), nil
}

// PNG draws the QR code of a link, black on white with its quiet zone.
func PNG(link string) ([]byte, error) {
	c, err := code(link)
	if err != nil {
		return nil, err
	}
	c.Scale = pixels
	return c.PNG(), nil
}
