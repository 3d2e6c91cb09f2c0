using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Access;

internal static class CallerOfContext
{
    /// <summary>The caller of a request whose endpoint requires one.</summary>
    public static Caller Caller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The request has no caller: its endpoint requires none.");

    /// <summary>The caller whose rights decide which files can be read: for a link, the link's maker.</summary>
    public static Caller Reader(this HttpContext context) => context.Caller() is { Grant.Maker: var maker } ? maker : context.Caller();

    /// <summary>For endpoints that return more to callers than to strangers.</summary>
    public static bool HasCaller(this HttpContext context) => context.Features.Get<Caller>() is not null;
}
