using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Api.Access;

/// <summary>The cookies of a signed-in browser: its session and its antiforgery token. Both names contain the instance's name.</summary>
internal sealed class SessionCookie(IInstanceName instance, SessionTickets tickets)
    : IConfigureNamedOptions<CookieAuthenticationOptions>, IConfigureOptions<AntiforgeryOptions>
{
    public const string SchemeName = "Session";

    /// <summary>The header in which a page sends its antiforgery token.</summary>
    public const string TokenHeader = "X-CSRF-Token";

    public string Name => "cu_session_" + instance.Value;

    public void Configure(string? name, CookieAuthenticationOptions options)
    {
        options.Cookie = new OwnCookie { Name = Name, HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/" };
        options.SessionStore = tickets;
        options.ExpireTimeSpan = BrowserSessions.Lifetime;
        options.SlidingExpiration = false;
    }

    public void Configure(CookieAuthenticationOptions options) => Configure(SchemeName, options);

    public void Configure(AntiforgeryOptions options)
    {
        options.Cookie = new OwnCookie { Name = "cu_csrf_" + instance.Value, HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/" };
        options.HeaderName = TokenHeader;
        options.SuppressReadingTokenFromFormBody = true;
    }

    /// <summary>Secure wherever the client uses TLS, also with a proxy in front of the service.</summary>
    private sealed class OwnCookie : CookieBuilder
    {
        public override CookieOptions Build(HttpContext context, DateTimeOffset expiresFrom)
        {
            var options = base.Build(context, expiresFrom);
            options.Secure = PublicAddress.Of(context.Request, "/").StartsWith("https:", StringComparison.Ordinal);
            return options;
        }
    }
}

/// <summary>Stores tickets as session rows; the cookie holds only a protected token.</summary>
internal sealed class SessionTickets(BrowserSessions sessions) : ITicketStore
{
    public Task<string> StoreAsync(AuthenticationTicket ticket) => sessions.StartAsync(CallerOf(ticket), CancellationToken.None);

    public Task RenewAsync(string key, AuthenticationTicket ticket) => sessions.RestartAsync(key, CallerOf(ticket), CancellationToken.None);

    public async Task<AuthenticationTicket?> RetrieveAsync(string key) =>
        await sessions.FindAsync(key, CancellationToken.None) is { } session
            ? CallerIdentity.Ticket(
                session.Caller, SessionCookie.SchemeName, new AuthenticationProperties { ExpiresUtc = session.ExpiresAt })
            : null;

    public Task RemoveAsync(string key) => sessions.EndAsync(key, CancellationToken.None);

    private static Caller CallerOf(AuthenticationTicket ticket) => ((CallerIdentity)ticket.Principal.Identity!).Caller;
}
