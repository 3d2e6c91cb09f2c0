using ChunkUpload.Api.Advisor;
using ChunkUpload.Api.Cors;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Access;

/// <summary>
/// Every request passes here after routing. What is not marked as anonymous needs the key, also addresses that do not exist:
/// who may not ask does not learn what there is. Whoever passes has a <see cref="Caller"/>.
/// </summary>
internal sealed class Gate(RequestDelegate next, AccessOptions options, OperatorKey key)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        // 1. A browser's preflight carries no key. Its answer's headers say what is permitted: none of them, nothing (T165).
        if (Preflight.Is(context.Request))
        {
            if (context.Features.Get<Preflight>() is { IsAllowed: false })
                return Refusal.Of(RequestError.ForbiddenOrigin, "Pages of this origin may not use the service; Cors:Origins says which may.").ExecuteAsync(context);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        // 2. Open: only this machine, and no web page from elsewhere.
        if (options.Mode == AccessMode.Open && UnauthenticatedAccessPolicy.Fault(context) is { } fault)
            return Refusal.Of(RequestError.ForbiddenOrigin, fault).ExecuteAsync(context);

        // 3. Who is it?
        var caller = options.Mode == AccessMode.Open ? Caller.Anonymous : Identify(context.Request);
        if (caller is not null)
        {
            context.Features.Set(caller with { Link = ClientHints.Read(context) });
            AnonymousLimit.CallerIsKnown(context);
        }

        // 4. May it?
        if (caller is null && context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is null)
            return RefuseAsync(context);
        return next(context);
    }

    private Caller? Identify(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } text || !text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        return key.Matches(text.AsSpan(Scheme.Length).Trim(' ')) ? Caller.Operator : null;
    }

    private static Task RefuseAsync(HttpContext context)
    {
        var given = context.Request.Headers.Authorization.Count > 0;
        context.Response.Headers[HeaderNames.WWWAuthenticate] = given
            ? "Bearer realm=\"ChunkUpload\", error=\"invalid_token\""
            : "Bearer realm=\"ChunkUpload\"";
        return Refusal.Of(
            RequestError.Unauthorized,
            given ? "This key is not the operator key." : "Send the operator key: Authorization: Bearer cu_op_…").ExecuteAsync(context);
    }
}
