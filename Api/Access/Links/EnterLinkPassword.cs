using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Core.Limits;
using FluentValidation;

namespace ChunkUpload.Api.Access.Links;

/// <summary>POST /l/{token}/password: gives a cookie to a client that knows the password of a link.</summary>
internal static class EnterLinkPassword
{
    private const int AddressPerMinute = 120;
    private const int LinkPerMinute = 30;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(LinkRequest.Root + "/password", HandleAsync)
            .RequireAuthorization(AccessPolicy.Link).ReachedByLinks().ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(
        HttpContext context, LinkPassword password, IValidator<LinkPasswordBody> validator, Passwords passwords, SignInAttempts attempts,
        RateBook rates)
    {
        // 1. Read the body first. Otherwise many concurrent attempts could delay their bodies and pass the checks below together.
        var link = context.Caller().Grant!.Link;
        var read = await JsonBody.ReadAsync(context, ApiJson.In.LinkPasswordBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;

        // 2. An address must wait after failed attempts, and so must all clients that try this link. An attempt counts as failed from its
        // start, so concurrent attempts gain nothing. A correct password does not clear the failures of the address, because the attacker
        // may have created that link.
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
        password.Give(context, link);
        return TypedResults.NoContent();
    }

    private static Refusal TooMany(TimeSpan wait) => Refusal.Of(new RequestFailure(
        RequestError.TooManyAttempts, $"Too many wrong passwords. Try again in {Math.Ceiling(wait.TotalSeconds):0} s.")
    {
        RetryAfter = wait,
    });
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
