using System.Diagnostics;
using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Uploads;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Client;

/// <summary>
/// Sends files to a ChunkUpload service and fetches them: in parallel, resumable after a kill of either side, and verified by SHA-256.
/// Safe for concurrent use.
/// </summary>
/// <example><code>
/// using var client = new ChunkUploadClient(new() { Service = new Uri("https://files.example"), Key = key });
/// await client.UploadFileAsync("film.mp4", new() { Path = "2026/film.mp4" });
/// await client.DownloadFileAsync("2026/film.mp4", "copy.mp4");
/// </code></example>
public sealed partial class ChunkUploadClient : IDisposable
{
    private const int LeastPiece = 64 << 10;

    private readonly ChunkUploadClientOptions _options;
    private readonly Connections? _own;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ServiceCalls _calls;
    private readonly StateStore _states;
    private readonly HistoryStore _history;

    /// <summary>Creates a client.</summary>
    /// <param name="options">The service's address, the key and bounds.</param>
    /// <param name="http">
    /// Null means one of its own. Another one must have <see cref="Timeout.InfiniteTimeSpan"/> as its timeout, because large chunks over
    /// slow links take longer than any fixed time; the client ends a request when nothing moves.
    /// </param>
    /// <param name="log">Null means no log.</param>
    /// <param name="time">Null means the system's time.</param>
    public ChunkUploadClient(
        ChunkUploadClientOptions options, HttpClient? http = null, ILogger<ChunkUploadClient>? log = null, TimeProvider? time = null)
        : this(options, http, null, log, time)
    {
    }

    /// <summary>Connections that outlive the client.</summary>
    internal ChunkUploadClient(ChunkUploadClientOptions options, Connections shared)
        : this(options, null, shared, null, null)
    {
    }

    private ChunkUploadClient(
        ChunkUploadClientOptions options, HttpClient? http, Connections? shared, ILogger<ChunkUploadClient>? log, TimeProvider? time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxConnections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.StallTimeout, TimeSpan.FromSeconds(1));
        if (http is not null && http.Timeout != Timeout.InfiniteTimeSpan)
            throw new ArgumentException("The HttpClient's Timeout must be infinite: large chunks take long.", nameof(http));
        if (options.Key?.Any(letter => letter is < ' ' or > '~') == true)
            throw new ArgumentException("The key holds a line break or a letter beyond ASCII; no key does.", nameof(options));
        _options = options;
        _own = http is null && shared is null ? new Connections() : null;
        (_time, _log) = (time ?? TimeProvider.System, log ?? NullLogger<ChunkUploadClient>.Instance);
        _calls = new ServiceCalls(http, shared ?? _own, ServiceAddress.Of(options.Service), options, _time);
        _states = new StateStore(options.StateDirectory ?? StateStore.DefaultFolder, _time, _log);
        _history = new HistoryStore(options.StateDirectory ?? StateStore.DefaultFolder, _time, _log);
    }

    /// <summary>The connections, if they are its own.</summary>
    internal Connections? Own => _calls.Own;

    /// <summary>The default place of the state of unfinished transfers.</summary>
    public static string DefaultStateDirectory => StateStore.DefaultFolder;

    /// <summary>Uploads a file. Called again after a failure or a kill, it resumes where it ended.</summary>
    /// <exception cref="TransferException">It failed for good, or for longer than the policy allows.</exception>
    public Task<UploadResult> UploadFileAsync(
        string file, UploadOptions? options = null, IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        options ??= new UploadOptions();
        Check(options.MaxConnections, options.MaxPiece);
        var past = Past(isUpload: true, file, options.Path);
        return RememberAsync(
            past,
            TransferControl.RunAsync(
                options.Control, stop => SendFileAsync(file, options, progress, stop, comparesFirst: true), cancellationToken),
            Filled);
    }

    /// <summary>
    /// Uploads a stream of any length, which is read once. The upload survives broken connections and a crash of the service.
    /// </summary>
    /// <exception cref="TransferException">It failed for good, or for longer than the policy allows.</exception>
    public Task<UploadResult> UploadAsync(
        Stream content, UploadOptions options, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(options);
        var name = options.Name ?? options.Path?.Split('/')[^1]
            ?? throw new ArgumentException("A stream needs a path or a name.", nameof(options));
        // Use the size at this moment: a file may grow while the key of the folder is requested.
        var source = new StreamSource(content);
        var past = Past(isUpload: true, null, options.Path ?? name);
        return RememberAsync(past, RunAsync("upload", name, progress, async board =>
        {
            var attempts = AttemptsOf(board);
            await RefuseInClearAsync(options, attempts, null, cancellationToken);
            return await new UploadRun(_calls, attempts, board, _options, options, _time, _log)
                .SendStreamAsync(source, name, cancellationToken);
        }), Filled);
    }

    /// <summary>Downloads a file. Called again after a failure or a kill, it resumes where it ended.</summary>
    /// <param name="source">A path in the tree, or a file's or an entry's id; below a link a path in the shared folder, or nothing.</param>
    /// <param name="target">The local file, or a folder, in which the file keeps its name.</param>
    /// <param name="options">Null means the defaults.</param>
    /// <param name="progress">Receives a report after each chunk, and otherwise at most ten a second.</param>
    /// <param name="cancellationToken">Cancels it; written bytes stay for the next call.</param>
    /// <exception cref="TransferException">It failed for good, or for longer than the policy allows.</exception>
    public Task<DownloadResult> DownloadFileAsync(
        string source, string target, DownloadOptions? options = null, IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(target);
        options ??= new DownloadOptions();
        Check(options.MaxConnections, options.MaxPiece);
        var past = Past(isUpload: false, target, source);
        return RememberAsync(
            past,
            TransferControl.RunAsync(options.Control, stop => FetchFileAsync(source, target, options, progress, stop), cancellationToken),
            Filled);
    }

    /// <summary>Downloads into a stream, in order; a digest that differs is known only at the end.</summary>
    /// <exception cref="TransferException">It failed for good, or for longer than the policy allows.</exception>
    public Task<DownloadResult> DownloadAsync(
        string source, Stream target, DownloadOptions? options = null, IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        var past = Past(isUpload: false, null, source);
        return RememberAsync(past, RunAsync("download", source, progress, board =>
            new DownloadRun(_calls, AttemptsOf(board), board, options ?? new DownloadOptions(), _time, _log)
                .ToStreamAsync(source.Trim('/'), target, cancellationToken)), Filled);
    }

    /// <summary>
    /// The key of one encrypted file: behind the <c>#</c> of a share link to this file, it lets whoever has the link open it.
    /// </summary>
    /// <exception cref="TransferException">The file is not encrypted, or for none of these identities.</exception>
    public Task<ContentKey> GetContentKeyAsync(
        string source, IReadOnlyList<IContentIdentity> identities, string? space = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(identities);
        if (identities.Count == 0)
            throw new ArgumentException("Without an identity nothing can be opened.", nameof(identities));
        return RunAsync("open", source, null, board =>
            new DownloadRun(
                    _calls, AttemptsOf(board), board, new DownloadOptions { Space = space, Identities = identities }, _time, _log)
                .KeyAsync(source.Trim('/'), cancellationToken));
    }

    /// <summary>Closes the connections, if they are its own.</summary>
    public void Dispose() => _own?.Dispose();

    private Task<UploadResult> SendFileAsync(
        string file, UploadOptions options, IProgress<TransferProgress>? progress, CancellationToken stop, bool comparesFirst = false) =>
        RunAsync("upload", Path.GetFileName(file), progress, async board =>
        {
            var attempts = AttemptsOf(board);
            if (comparesFirst)
                await RefuseInClearAsync(options, attempts, file, stop);
            return await new UploadRun(_calls, attempts, board, _options, options, _time, _log) { ComparesFirst = comparesFirst }
                .SendFileAsync(file, _states, stop);
        }, options.MaxConnections, options.MaxPiece);

    private Task<DownloadResult> FetchFileAsync(
        string source, string target, DownloadOptions options, IProgress<TransferProgress>? progress, CancellationToken stop,
        bool isExact = false) =>
        RunAsync("download", source, progress, board =>
            new DownloadRun(_calls, AttemptsOf(board), board, options, _time, _log)
                .ToFileAsync(source.Trim('/'), target, isExact, _states, stop), options.MaxConnections);

    private Attempts AttemptsOf(ProgressBoard board) => new(_calls, _retry ?? _options.Retry, board, _time, _log);

    private ProgressBoard Board(string name, IProgress<TransferProgress>? progress, int? connections = null) => new(
        name, null, _calls.Address.IsLink ? new Uri(_calls.Address.Base, "/") : _calls.Address.Base,
        connections is { } most ? _options with { MaxConnections = most } : _options, progress, _time);

    private static void Check(int? connections, int? piece)
    {
        if (connections < 1)
            throw new ArgumentException("A transfer needs at least one connection.", nameof(connections));
        if (piece < LeastPiece)
            throw new ArgumentException($"A piece has at least {LeastPiece} bytes.", nameof(piece));
    }

    private async Task<T> RunAsync<T>(
        string kind, string name, IProgress<TransferProgress>? progress, Func<ProgressBoard, Task<T>> run, int? connections = null,
        int? piece = null)
    {
        using var activity = ClientMeter.Activities.StartActivity(kind, ActivityKind.Client);
        var outcome = "cancelled";
        try
        {
            var board = Board(name, progress, connections);
            if (piece is { } most)
                board.Advice.Lower(most);
            var result = await run(board);
            outcome = "done";
            return result;
        }
        catch (TransferException failure)
        {
            Fail(failure);
            throw;
        }
        catch (Exception failure) when (Faults.Of(failure) is { } known)
        {
            Fail(known);
            throw known;
        }
        finally
        {
            ClientMeter.Transfers.Add(
                1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("outcome", outcome));
        }

        void Fail(TransferException failure)
        {
            outcome = failure.Failure.ToString();
            _ = activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
            _log.Failed(name, failure.Message);
        }
    }
}
