using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Api.Access.Cookies;

/// <summary>The cookies of a signed-in browser: its session and its antiforgery token. Both names contain the instance's name.</summary>
internal sealed class SessionCookie(InstanceName instance, SessionTickets tickets, IDataProtectionProvider protection)
    : IConfigureNamedOptions<CookieAuthenticationOptions>, IConfigureOptions<AntiforgeryOptions>
{
    public const string SchemeName = "Session";

    /// <summary>
    /// The scheme with which a browser signs in. It ignores an existing cookie: every sign-in starts a new session, so a cookie that an
    /// attacker has set is useless afterwards (session fixation).
    /// </summary>
    public const string StartScheme = "SessionStart";

    /// <summary>The header in which a page sends its antiforgery token.</summary>
    public const string TokenHeader = "X-CSRF-Token";

    public string Name => "cu_session_" + instance.Value;

    public void Configure(string? name, CookieAuthenticationOptions options)
    {
        options.Cookie = new OwnCookie { Name = Name, HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/" };
        options.SessionStore = tickets;
        options.ExpireTimeSpan = BrowserSessions.Lifetime;
        options.SlidingExpiration = false;
        options.TicketDataFormat = new TicketDataFormat(protection.CreateProtector(
            "Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationMiddleware", SchemeName, "v2"));
        if (name == StartScheme)
            options.CookieManager = new BlindCookies();
    }

    public void Configure(CookieAuthenticationOptions options) => Configure(SchemeName, options);

    private sealed class BlindCookies : ICookieManager
    {
        private readonly ChunkingCookieManager _cookies = new();

        public string? GetRequestCookie(HttpContext context, string key) => null;

        public void AppendResponseCookie(HttpContext context, string key, string? value, CookieOptions options) =>
            _cookies.AppendResponseCookie(context, key, value, options);

        public void DeleteCookie(HttpContext context, string key, CookieOptions options) => _cookies.DeleteCookie(context, key, options);
    }

    public void Configure(AntiforgeryOptions options)
    {
        options.Cookie = new OwnCookie { Name = "cu_csrf_" + instance.Value, HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/" };
        options.HeaderName = TokenHeader;
        options.SuppressReadingTokenFromFormBody = true;
    }
}

/// <summary>Stores tickets as session rows; the cookie holds only a protected token.</summary>
internal sealed class SessionTickets(
    BrowserSessions sessions, Credentials credentials, OperatorKey operatorKey, IHttpContextAccessor requests) : ITicketStore
{
    private const string UserItem = "user";
    private const int LongestClient = 200;

    /// <param name="user">Null for the holder of the operator key.</param>
    public static AuthenticationProperties PropertiesOf(User? user)
    {
        var properties = new AuthenticationProperties { IsPersistent = true };
        if (user is not null)
            properties.Items[UserItem] = user.Id.ToString();
        return properties;
    }

    public async Task<string> StoreAsync(AuthenticationTicket ticket)
    {
        if (requests.HttpContext?.Features.Get<SessionBefore>() is { } before)
            await RemoveAsync(before.Key);
        var user = UserOf(ticket);
        return await sessions.StartAsync(
            CallerOf(ticket).Tenant, user, user is null ? operatorKey.Digest : null, Origin, CancellationToken.None);
    }

    /// <summary>Does nothing: each sign-in begins a new session, and the ledger, not the cookie, extends a session.</summary>
    public Task RenewAsync(string key, AuthenticationTicket ticket) => Task.CompletedTask;

    public async Task<AuthenticationTicket?> RetrieveAsync(string key)
    {
        if (await credentials.OfSessionAsync(key, isUse: true, CancellationToken.None) is not { Caller: { } caller } session)
            return null;
        requests.HttpContext?.Features.Set(new SessionBefore(key));
        requests.HttpContext?.Features.Set(new CallerRecheck(
            key, async cancel => (await credentials.OfSessionAsync(key, isUse: false, cancel))?.Caller));
        return CallerIdentity.Ticket(
            caller, SessionCookie.SchemeName, new AuthenticationProperties { ExpiresUtc = session.ExpiresAt });
    }

    public async Task RemoveAsync(string key)
    {
        await sessions.EndAsync(key, CancellationToken.None);
        credentials.Forget();
    }

    private BrowserOrigin Origin
    {
        get
        {
            var client = requests.HttpContext?.Request.Headers.UserAgent.ToString();
            return new BrowserOrigin(
                client is { Length: > LongestClient } ? client[..LongestClient] : client,
                requests.HttpContext?.Connection.RemoteIpAddress?.ToString());
        }
    }

    private static Guid? UserOf(AuthenticationTicket ticket) =>
        ticket.Properties.Items.TryGetValue(UserItem, out var text) && Guid.TryParse(text, out var id) ? id : null;

    private static Caller CallerOf(AuthenticationTicket ticket) => ((CallerIdentity)ticket.Principal.Identity!).Caller;

    /// <summary>A request feature: the session of the request.</summary>
    private sealed record SessionBefore(string Key);
}
