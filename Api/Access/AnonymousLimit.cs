namespace ChunkUpload.Api.Access;

/// <summary>Counts a request among the anonymous ones until its caller is known, or until it has ended.</summary>
internal sealed class AnonymousLimit(RequestDelegate next, AnonymousRequests requests)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var entry = requests.Add(context);
        context.Features.Set(entry);
        try
        {
            await next(context);
        }
        finally
        {
            entry.Remove();
        }
    }

    /// <summary>Stops counting a request: an authenticated caller's answers are not limited here.</summary>
    public static void CallerIsKnown(HttpContext context) => context.Features.Get<AnonymousRequests.Entry>()?.Remove();
}
