using ChunkUpload.Api.Advisor;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Access;

/// <summary>Between authentication and authorization: gives the request its <see cref="Caller"/>, with what is known of the client's link.</summary>
internal sealed class RequestCaller(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.User.Identity is CallerIdentity identity)
            context.Features.Set(identity.Caller with { Link = ClientHints.Read(context) });
        return next(context);
    }
}
