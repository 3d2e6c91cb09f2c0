namespace ChunkUpload.Api.Access;

/// <summary>Counts a request as anonymous until its caller is known or it has ended.</summary>
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

    /// <summary>Stops counting a request, because responses to authenticated callers are not limited here.</summary>
    public static void CallerIsKnown(HttpContext context) => context.Features.Get<AnonymousRequests.Entry>()?.Remove();
}
