using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Connections;
using FluentValidation;

namespace ChunkUpload.Api.Connections;

internal sealed record PastedAddressBody
{
    /// <summary>The address that the browser shows after the person has allowed the access. It begins with comesBackTo.</summary>
    public string? Address { get; init; }
}

internal sealed class PastedAddressValidator : AbstractValidator<PastedAddressBody>
{
    public PastedAddressValidator() => RuleFor(body => body.Address)
        .Must(address => address is { Length: > 0 and <= PastedAddress.Longest }).OverridePropertyName("address")
        .WithMessage($"address must be the address that the browser shows, at most {PastedAddress.Longest} characters.");
}

/// <summary>POST /api/connections/callback: completes a sign-in with an address that a person pastes.</summary>
internal static class PasteSignIn
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost(EndConnectionSignIn.Path, HandleAsync)
        .RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<PastedAddressBody> validator, IConnectionLedger connections, ConnectionSignIns signIns,
        SignInCookie cookie)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.PastedAddressBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var loopbacks = signIns.Providers.Select(one => one.LoopbackAddress).OfType<string>().ToList();
        var answer = loopbacks.Select(one => PastedAddress.Read(body.Address!, one)).FirstOrDefault(one => one is not null);
        if (answer is null)
        {
            return Refusal.Of(
                RequestError.InvalidField,
                $"This is not the address to which the provider has sent the browser: it begins with {string.Join(" or ", loopbacks)}, and "
                    + "has state= and code= in it. Copy all of it.");
        }

        var caller = context.Caller();
        // A code works once, so the sign-in must be completed even if the browser disconnects.
        var end = await signIns.EndAsync(caller, answer, cookie.Take(context, answer.State!), CancellationToken.None);
        if (end.Fault is { } fault)
        {
            var error = fault switch
            {
                ConnectionSignInFault.Ended => RequestError.NoSuchProviderSignIn,
                ConnectionSignInFault.TooMany => RequestError.TooManyConnections,
                _ => RequestError.ConnectionFailed,
            };
            return Refusal.Of(error, SignInFaultTexts.Of(fault));
        }

        return await connections.FindAsync(caller.Tenant, caller.Subject, end.Connection!.Value, context.RequestAborted) is { } made
            ? JsonAnswer.Of(
                ConnectionView.Of(made), ApiJson.Out.ConnectionView,
                end.Again ? StatusCodes.Status200OK : StatusCodes.Status201Created)
            : ConnectionRoutes.Absent;
    }

    private static EndpointDoc Doc => new(
        ConnectionRoutes.Tag, nameof(PasteSignIn), "Bring an address back from a provider",
        """
        Ends a sign-in that POST /api/connections/authorize began with way pasted. The person has allowed the access on the provider's page,
        which then sent the browser to comesBackTo, where nothing listens; the browser shows that, and this address. As with any
        sign-in it is valid once, in the browser and for the user that began it.
        """)
    {
        Json = new(typeof(PastedAddressBody), """{"address":"http://127.0.0.1:8717/?state=6f1d&code=4/0AX4"}"""),
        Answers =
        [
            new(200, "The connection that was signed in again.", typeof(ConnectionView), ConnectionView.Example),
            new(201, "The new connection.", typeof(ConnectionView), ConnectionView.Example),
        ],
        Errors =
        [
            RequestError.NoSuchProviderSignIn, RequestError.ConnectionFailed,
            RequestError.TooManyConnections, RequestError.NoSuchConnection,
        ],
    };
}
