using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Access;

internal static class CallerOfContext
{
    /// <summary>Who asks; the gate has set it for every endpoint that is not anonymous.</summary>
    public static Caller Caller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The request has not passed the gate.");

    /// <summary>For endpoints that tell more to those who have the key.</summary>
    public static bool HasCaller(this HttpContext context) => context.Features.Get<Caller>() is not null;
}
