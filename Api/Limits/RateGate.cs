using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Limits;

/// <summary>
/// Refuses a request before its body is read: 1. a new upload while the ledger is overloaded, so that running ones continue; 2. a request
/// above a rate of its tenant, user, key or address; 3. an upload or a download above the number that may run at once. OPTIONS is never
/// refused, nor is HEAD for the offset of an upload, because a client must always be able to find out where to resume.
/// </summary>
internal sealed class RateGate(RequestDelegate next, LimitBook limits, RateBook rates, ILedgerLoad load)
{
    /// <summary>With this number of records in the queue, each waits for seconds.</summary>
    public const int Overload = 8192;

    // The wait is random, so that refused clients do not all come back at once.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    public async Task InvokeAsync(HttpContext context)
    {
        if (HttpMethods.IsOptions(context.Request.Method) || context.GetEndpoint()?.Metadata.GetMetadata<AsksForOffset>() is not null)
        {
            await next(context);
            return;
        }

        var traffic = context.GetEndpoint()?.Metadata.GetMetadata<ITrafficEndpoint>();
        var creates = traffic is { CreatesUpload: true };
        if (creates && load.Waiting >= Overload)
        {
            await Refusal.Of(new RequestFailure(
                RequestError.Overloaded, "The service takes no new uploads at the moment, so that running ones go on; try again soon.")
            {
                RetryAfter = TimeSpan.FromSeconds(1) + (LongestWait * Random.Shared.NextDouble()),
            }).ExecuteAsync(context);
            return;
        }

        if (limits.IsEmpty)
        {
            await next(context);
            return;
        }

        var rows = limits.OfRequest(context.Features.Get<Caller>(), SignInAttempts.KeyOf(context.Connection.RemoteIpAddress));
        if (rows.Count == 0)
        {
            await next(context);
            return;
        }

        if (TooOften(rows, creates) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        if (traffic is { CarriesContent: true })
            await LimitAtOnceAsync(context, rows);
        else
            await next(context);
    }

    private Refusal? TooOften(IReadOnlyList<(LimitTarget Target, LimitValues Values)> rows, bool creates)
    {
        foreach (var (target, values) in rows)
        {
            if (values.RequestsPerMinute is { } requests && rates.TryTake(target, "requestsPerMinute", requests) is { } wait)
                return Limited($"The {target.Scope.Word()} may send {requests} requests a minute", wait);
            if (creates && values.CreationsPerMinute is { } creations
                && rates.TryTake(target, "creationsPerMinute", creations) is { } later)
                return Limited($"The {target.Scope.Word()} may begin {creations} uploads a minute", later);
        }

        return null;
    }

    private async Task LimitAtOnceAsync(HttpContext context, IReadOnlyList<(LimitTarget Target, LimitValues Values)> rows)
    {
        var places = new List<IDisposable>();
        try
        {
            foreach (var (target, values) in rows)
            {
                if (values.RequestsAtOnce is not { } most)
                    continue;
                if (rates.TryEnter(target, "requestsAtOnce", most) is not { } place)
                {
                    await Limited($"The {target.Scope.Word()} may have {most} uploads and downloads at a time", TimeSpan.FromSeconds(1))
                        .ExecuteAsync(context);
                    return;
                }

                places.Add(place);
            }

            await next(context);
        }
        finally
        {
            places.ForEach(place => place.Dispose());
        }
    }

    private static Refusal Limited(string sentence, TimeSpan wait) =>
        Refusal.Of(new RequestFailure(RequestError.RateLimited, $"{sentence}; try again after a wait.") { RetryAfter = wait });
}
