using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Limits;
using FluentValidation;
using Microsoft.AspNetCore.DataProtection;

namespace ChunkUpload.Api.Access.Links;

/// <summary>
/// POST /l/{token}/password: a client that knows the password of a link gets a cookie, which is good for this link alone and ends when the
/// password changes.
/// </summary>
internal sealed class LinkPassword(
    IDataProtectionProvider protection, InstanceName instance, Passwords passwords, SignInAttempts attempts, RateBook rates)
{
    public const int Longest = 256;

    private const int AddressPerMinute = 120;
    private const int LinkPerMinute = 30;

    private static readonly TimeSpan DownloadLifetime = TimeSpan.FromHours(1);

    // Large files take their time.
    private static readonly TimeSpan UploadLifetime = TimeSpan.FromDays(1);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(
                LinkRequest.Root + "/password",
                (HttpContext context, LinkPassword password, IValidator<LinkPasswordBody> validator) =>
                    password.EnterAsync(context, validator))
            .RequireAuthorization(AccessPolicy.Link).ReachedByLinks().ExcludeFromDescription();

    /// <summary>Whether the link has no password, or the request comes with the cookie.</summary>
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

    private async Task<IResult> EnterAsync(HttpContext context, IValidator<LinkPasswordBody> validator)
    {
        // 1. Read the body first: otherwise many attempts could hold back their bodies and pass the checks below together.
        var link = context.Caller().Grant!.Link;
        var read = await JsonBody.ReadAsync(context, ApiJson.In.LinkPasswordBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;

        // 2. An address must wait after failed attempts, and so must all who try this link. An attempt counts as failed from its beginning,
        // so that many at once are no more than one after the other. A right password does not clear the address's failures: the attacker
        // may have made that link.
        if (link.Password is not null)
        {
            var address = SignInAttempts.KeyOf(context.Connection.RemoteIpAddress);
            if ((attempts.Wait(address) ?? attempts.Wait(link.Subject)
                    ?? rates.TryTake(new LimitTarget(LimitScope.Address, "", address), "linkPasswords", AddressPerMinute)
                    ?? rates.TryTake(new LimitTarget(LimitScope.User, "", link.Subject), "linkPasswords", LinkPerMinute)) is { } wait)
                return TooMany(wait);
            if (attempts.Begin(address) is { } soon)
                return TooMany(soon);
            if (attempts.Begin(link.Subject) is { } pause)
            {
                attempts.Withdraw(address);
                return TooMany(pause);
            }

            if (!passwords.Matches(link.Password, body.Password!))
                return Refusal.Of(RequestError.LinkLocked, "This is not the password of the link.");
            attempts.Withdraw(address);
            attempts.Succeeded(link.Subject);
        }

        // 3.
        var lifetime = link.Kind == ShareLinkKind.Upload ? UploadLifetime : DownloadLifetime;
        context.Response.Cookies.Append(NameOf(link), ProtectorOf(link).Protect(link.Subject, lifetime), new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = PublicAddress.Of(context.Request, "/").StartsWith("https:", StringComparison.Ordinal),
            Path = LinkAddress.PathOf(context.Request, ""),
            MaxAge = lifetime,
        });
        return TypedResults.NoContent();
    }

    public static Refusal Locked { get; } = Refusal.Of(
        RequestError.LinkLocked, "Send the password of the link first: POST {\"password\":\"…\"} to …/password below the link.");

    private static Refusal TooMany(TimeSpan wait) => Refusal.Of(new RequestFailure(
        RequestError.TooManyAttempts, $"Too many wrong passwords. Try again in {Math.Ceiling(wait.TotalSeconds):0} s.")
    {
        RetryAfter = wait,
    });

    private string NameOf(ShareLink link) => $"cu_link_{instance.Value}_{link.Id:n}";

    // Of the password's hash only a digest becomes part of the purpose.
    private ITimeLimitedDataProtector ProtectorOf(ShareLink link) => protection
        .CreateProtector("link", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(link.Password ?? ""))))
        .ToTimeLimitedDataProtector();
}

internal sealed record LinkPasswordBody
{
    public string? Password { get; init; }
}

internal sealed class LinkPasswordValidator : AbstractValidator<LinkPasswordBody>
{
    public LinkPasswordValidator() =>
        RuleFor(body => body.Password).NotNull().MaximumLength(LinkPassword.Longest).OverridePropertyName("password")
            .WithMessage("Send the password of the link.");
}
