"""The page: `recon serve` asked as browsers, programs and attackers ask it."""
