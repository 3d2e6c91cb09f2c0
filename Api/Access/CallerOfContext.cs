using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Access;

internal static class CallerOfContext
{
    /// <summary>Returns the caller of a request whose endpoint requires one.</summary>
    public static Caller Caller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The request has no caller: its endpoint requires none.");

    /// <summary>Returns the caller whose rights determine which files can be read: for a link, the link's creator.</summary>
    public static Caller Reader(this HttpContext context) => context.Caller() is { Grant.Maker: var maker } ? maker : context.Caller();

    /// <summary>Returns whether the request has a caller, for endpoints that return more to authenticated callers.</summary>
    public static bool HasCaller(this HttpContext context) => context.Features.Get<Caller>() is not null;
}
