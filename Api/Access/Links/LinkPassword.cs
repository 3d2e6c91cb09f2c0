using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using Microsoft.AspNetCore.DataProtection;

namespace ChunkUpload.Api.Access.Links;

/// <summary>
/// The cookie of a client that knows the password of a link. It is valid for this link only, and expires when the password changes.
/// </summary>
internal sealed class LinkPassword(IDataProtectionProvider protection, InstanceName instance)
{
    public const int Longest = 256;

    private static readonly TimeSpan DownloadLifetime = TimeSpan.FromHours(1);

    // Sending large files takes long.
    private static readonly TimeSpan UploadLifetime = TimeSpan.FromDays(1);

    public static Refusal Locked { get; } = Refusal.Of(
        RequestError.LinkLocked, "Send the password of the link first: POST {\"password\":\"…\"} to …/password below the link.");

    /// <summary>Returns whether the link has no password, or the request contains the cookie.</summary>
    public bool IsGiven(HttpContext context, ShareLink link)
    {
        if (link.Password is null)
            return true;
        if (context.Request.Cookies[NameOf(link)] is not { } cookie)
            return false;
        try
        {
            return ProtectorOf(link).Unprotect(cookie) == link.Subject;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    public void Give(HttpContext context, ShareLink link)
    {
        var lifetime = link.Kind == ShareLinkKind.Upload ? UploadLifetime : DownloadLifetime;
        context.Response.Cookies.Append(NameOf(link), ProtectorOf(link).Protect(link.Subject, lifetime), new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = PublicAddress.Of(context.Request, "/").StartsWith("https:", StringComparison.Ordinal),
            Path = LinkAddress.PathOf(context.Request, ""),
            MaxAge = lifetime,
        });
    }

    private string NameOf(ShareLink link) => $"cu_link_{instance.Value}_{link.Id:n}";

    // Only a digest of the password's hash is part of the purpose.
    private ITimeLimitedDataProtector ProtectorOf(ShareLink link) => protection
        .CreateProtector("link", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(link.Password ?? ""))))
        .ToTimeLimitedDataProtector();
}
