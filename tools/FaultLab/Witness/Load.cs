using System.Collections.Concurrent;

namespace ChunkUpload.FaultLab.Witness;

/// <summary>The state that all clients of a witness share.</summary>
internal sealed class Load(WitnessClient wire, Journal journal, LoadOptions options)
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(40);

    private readonly ConcurrentDictionary<int, Sent> _uploads = new();
    private int _number;

    public LoadOptions Options => options;

    public Journal Journal => journal;

    public IReadOnlyCollection<Sent> Uploads => [.. _uploads.Values];

    public int NextNumber() => Interlocked.Increment(ref _number);

    public Sent Begun(Sent upload)
    {
        _uploads[upload.Number] = upload;
        journal.Note(upload, "new");
        journal.Ack(upload, "created");
        return upload;
    }

    public void Forget(Sent upload) => _ = _uploads.TryRemove(upload.Number, out _);

    public async Task<Answer?> AskAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken, params (string, string)[] headers)
    {
        var answer = await wire.AskAsync(method, path, content, cancellationToken, headers);
        journal.Count(answer);
        if (answer?.Status is >= 500 and not (503 or 507) && !(options.IsBalanced && answer.Status is 502 or 504 && answer.Code is null))
            journal.Violate($"{method} {path} was answered with {answer}");
        return answer;
    }

    /// <summary>Repeats a request until its answer says more than "later".</summary>
    public async Task<Answer> MustAsync(
        HttpMethod method, string path, Func<HttpContent>? content, CancellationToken cancellationToken, params (string, string)[] headers)
    {
        while (true)
        {
            var answer = await AskAsync(method, path, content?.Invoke(), cancellationToken, headers);
            if (!IsLater(answer))
                return answer!;
            await PauseAsync(cancellationToken);
        }
    }

    /// <summary>No answer, or one that asks the client to retry later.</summary>
    public static bool IsLater(Answer? answer) =>
        answer is null or { Status: 408 or 423 or 429 or >= 500 } or { Code: "taken_over" or "completing" or "interrupted" };

    public static Task PauseAsync(CancellationToken cancellationToken) => Task.Delay(Wait, TimeProvider.System, cancellationToken);
}

/// <param name="Clients">How many upload at a time.</param>
/// <param name="Mix">The clients' actions; an action that appears twice happens twice as often.</param>
/// <param name="Largest">The largest file.</param>
/// <param name="BreakPercent">The share of requests that break off in the middle.</param>
/// <param name="IsBalanced">Whether a load balancer may answer with 502 or 504 in place of a service that is gone.</param>
internal sealed record LoadOptions(
    int Seed, int Clients, IReadOnlyList<string> Mix, int Largest, int BreakPercent, bool IsBalanced = false);
