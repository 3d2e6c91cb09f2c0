using System.Security.Cryptography;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.DataProtection;

namespace ChunkUpload.Api.Access.SigningIn;

/// <summary>
/// Recognizes browsers with which a user has signed in before, by a cookie that names the user and grants no access. Their failed attempts
/// are counted separately, so an attacker who tries a known name does not lock out the user's own browsers. A stolen cookie allows no more
/// attempts than a name.
/// </summary>
internal sealed class KnownBrowsers(IDataProtectionProvider protection, InstanceName instance)
{
    private const char Separator = '\n';

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(180);

    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("known-browser").ToTimeLimitedDataProtector();

    private string CookieName => "cu_known_" + instance.Value;

    /// <returns>Null if no sign-in with this name is known to the browser.</returns>
    public string? KeyOf(HttpContext context, string name)
    {
        if (context.Request.Cookies[CookieName] is not { } cookie)
            return null;
        try
        {
            return _protector.Unprotect(cookie).Split(Separator) is [var id, var known] && known == SignInCheck.Folded(name)
                ? "browser " + id
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public void Remember(HttpContext context, string name)
    {
        var text = Convert.ToHexString(RandomNumberGenerator.GetBytes(16)) + Separator + SignInCheck.Folded(name);
        var cookie = new OwnCookie { Name = CookieName, HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/", MaxAge = Lifetime };
        context.Response.Cookies.Append(CookieName, _protector.Protect(text, Lifetime), cookie.Build(context));
    }
}
