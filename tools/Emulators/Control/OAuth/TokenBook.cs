namespace ChunkUpload.Emulators.Control.OAuth;

/// <summary>Codes, access tokens and refresh tokens, and when each of them ends.</summary>
internal sealed class TokenBook(EmulatorOptions options, EmulatorClock clock, Switches switches)
{
    private static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Code> _codes = [];
    private readonly Dictionary<string, Access> _access = [];
    private readonly Dictionary<string, Refresh> _refresh = [];
    private readonly HashSet<string> _revokedTexts = [];
    private readonly List<OAuthGrant> _grants = [];

    public string NewCode(AuthorizationRequest request, OAuthGrant grant, bool withRefresh)
    {
        lock (_gate)
        {
            var code = "4/" + Ids.Random(60, Ids.Base64Url);
            _codes[code] = new Code(request, grant, withRefresh, clock.GetUtcNow() + CodeLife);
            return code;
        }
    }

    public bool HadConsent(string clientId, EmulatedAccount account)
    {
        lock (_gate)
            return _grants.Exists(grant => grant.ClientId == clientId && grant.Account == account && !grant.IsRevoked);
    }

    public OAuthGrant NewGrant(string clientId, EmulatedAccount account, IReadOnlyList<string> scopes)
    {
        lock (_gate)
        {
            var grant = new OAuthGrant(clientId, account, scopes);
            _grants.Add(grant);
            return grant;
        }
    }

    /// <summary>A code works once; its second use ends the tokens that the first one gave.</summary>
    public (AuthorizationRequest Request, OAuthGrant Grant, bool WithRefresh)? UseCode(string text)
    {
        lock (_gate)
        {
            if (!_codes.TryGetValue(text, out var code))
                return null;
            if (code.IsUsed)
                code.Grant.IsRevoked = true;
            if (code.IsUsed || code.Ends <= clock.GetUtcNow())
                return null;
            code.IsUsed = true;
            return (code.Request, code.Grant, code.WithRefresh);
        }
    }

    public string NewAccess(OAuthGrant grant)
    {
        lock (_gate)
        {
            var text = "tok-at-" + Ids.Random(120, Ids.Base64Url);
            _access[text] = new Access(grant, clock.GetUtcNow().AddSeconds(switches.Number("accessTokenSeconds")));
            return text;
        }
    }

    public string NewRefresh(OAuthGrant grant)
    {
        lock (_gate)
        {
            var text = "1//" + Ids.Random(100, Ids.Base64Url);
            var life = switches.Limit("refreshTokenSeconds");
            _refresh[text] = new Refresh(grant, life is null ? DateTimeOffset.MaxValue : clock.GetUtcNow().AddSeconds(life.Value));
            return text;
        }
    }

    public OAuthGrant? UseRefresh(string text)
    {
        lock (_gate)
        {
            return _refresh.TryGetValue(text, out var refresh) && !refresh.Grant.IsRevoked && refresh.Ends > clock.GetUtcNow()
                ? refresh.Grant
                : null;
        }
    }

    public void ForgetRefresh(string text)
    {
        lock (_gate)
            _refresh.Remove(text);
    }

    /// <summary>
    /// Whom a bearer token stands for, or null. Tokens that begin with <c>tok-</c> and were not made here belong to the account whose
    /// local part follows (<c>tok-ben</c>, <c>tok-ben-2</c>), or else to the first account.
    /// </summary>
    public AccessGrant? Authenticate(string text)
    {
        lock (_gate)
        {
            if (_revokedTexts.Contains(text))
                return null;
            if (_access.TryGetValue(text, out var access))
                return access.Grant.IsRevoked || access.Ends <= clock.GetUtcNow()
                    ? null
                    : new AccessGrant(access.Grant.Account, access.Grant.Scopes);
            if (!text.StartsWith("tok-", StringComparison.Ordinal) || text.StartsWith("tok-at-", StringComparison.Ordinal)
                || !switches.IsOn("acceptAnyToken"))
                return null;
            var name = text["tok-".Length..].Split('-')[0];
            return new AccessGrant(options.Accounts.FirstOrDefault(account => account.LocalPart == name) ?? options.Accounts[0], null);
        }
    }

    /// <summary>Ends one token; a refresh token takes its grant with it.</summary>
    public bool Revoke(string text)
    {
        lock (_gate)
        {
            if (_refresh.TryGetValue(text, out var refresh))
                return refresh.Grant.IsRevoked = true;
            if (_access.TryGetValue(text, out var access))
                return access.Grant.IsRevoked = true;
            return text.StartsWith("tok-", StringComparison.Ordinal) && _revokedTexts.Add(text);
        }
    }

    public void RevokeAccess(string? account)
    {
        lock (_gate)
        {
            foreach (var text in _access.Where(pair => Is(pair.Value.Grant, account)).Select(pair => pair.Key).ToList())
                _access.Remove(text);
        }
    }

    public void RevokeGrants(string? account)
    {
        lock (_gate)
        {
            foreach (var grant in _grants.Where(grant => Is(grant, account)))
                grant.IsRevoked = true;
        }
    }

    public void Reset()
    {
        lock (_gate)
        {
            _codes.Clear();
            _access.Clear();
            _refresh.Clear();
            _revokedTexts.Clear();
            _grants.Clear();
        }
    }

    private static bool Is(OAuthGrant grant, string? account) => account is null || grant.Account.Email == account;

    private sealed record Code(AuthorizationRequest Request, OAuthGrant Grant, bool WithRefresh, DateTimeOffset Ends)
    {
        public bool IsUsed { get; set; }
    }

    private sealed record Access(OAuthGrant Grant, DateTimeOffset Ends);

    private sealed record Refresh(OAuthGrant Grant, DateTimeOffset Ends);
}
