using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Cors;

/// <summary>
/// Answers preflights before authentication, because they carry no key. The headers state what is permitted; without them nothing is
/// (T165).
/// </summary>
internal sealed class PreflightAnswer(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (!Preflight.Is(context.Request))
            return next(context);
        if (context.Features.Get<Preflight>() is { IsAllowed: false })
        {
            return Refusal.Of(RequestError.ForbiddenOrigin, "Pages of this origin may not use the service; Cors:Origins says which may.")
                .ExecuteAsync(context);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
