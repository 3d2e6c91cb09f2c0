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
}

/// <summary>Stores tickets as session rows; the cookie holds only a protected token.</summary>
internal sealed class SessionTickets(BrowserSessions sessions, Credentials credentials, IHttpContextAccessor requests) : ITicketStore
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

    public Task<string> StoreAsync(AuthenticationTicket ticket) =>
        sessions.StartAsync(CallerOf(ticket).Tenant, UserOf(ticket), Origin, CancellationToken.None);

    public Task RenewAsync(string key, AuthenticationTicket ticket) =>
        sessions.RestartAsync(key, CallerOf(ticket).Tenant, UserOf(ticket), Origin, CancellationToken.None);

    public async Task<AuthenticationTicket?> RetrieveAsync(string key)
    {
        if (await credentials.OfSessionAsync(key, CancellationToken.None) is not { Caller: { } caller } session)
            return null;
        requests.HttpContext?.Features.Set(new CallerAgain(
            async cancel => (await credentials.OfSessionAsync(key, cancel))?.Caller));
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
}
