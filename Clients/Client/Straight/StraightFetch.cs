using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Projects;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Wire;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Client.Straight;

/// <summary>Fetches what is missing of a file from the device that has it, over several connections.</summary>
/// <param name="http">The client whose connections verify the key of the device.</param>
/// <param name="options">The bandwidths and the bounds of the client.</param>
internal sealed class StraightFetch(
    HttpClient http, IPEndPoint device, string token, FileTransferAnswer row, ChunkUploadClientOptions options, ProgressBoard board,
    TimeProvider time, ILogger log)
{
    private const int Piece = 16 << 20;

    // After this time without a byte, the request is resumed on another connection.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    // Then the device is searched again; it may have another address.
    private static readonly RetryRule Rule = new(
        null, TimeSpan.FromMilliseconds(100), 2, LongestPause, TimeSpan.FromSeconds(2));

    private readonly ServiceCalls _calls = new(
        http, null, ServiceAddress.Of(new Uri($"https://{device}/")),
        options with { Service = new Uri($"https://{device}/"), Key = token, KeepHistory = false, Ended = null }, time,
        $"{row.SourceDevice.Name} at {device}");

    private readonly RetryPolicy _policy = new() { Unreachable = Rule, Network = Rule, Server = Rule };

    private string? _digest;

    private string Address => $"v1/transfers/{row.Id}";

    /// <returns>The SHA-256 of the file, as the device computed it.</returns>
    public async Task<string> FetchAsync(PartFile part, CancellationToken stop)
    {
        board.Enter(TransferPhase.Moving);
        await FetchGapsAsync(part, stop);
        board.Enter(TransferPhase.Verifying);
        return Volatile.Read(ref _digest) ?? await DigestAsync(stop);
    }

    private async Task FetchGapsAsync(PartFile part, CancellationToken stop)
    {
        var tag = string.Create(CultureInfo.InvariantCulture, $"\"{row.Id:n}-{row.Attempt}\"");
        var file = new RemoteFile(Address, row.FilePath, row.TotalBytes, tag, null, null, null);
        var pieces = new Queue<RangeView>(part.Gaps.SelectMany(Pieces));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var lanes = Enumerable.Range(0, Math.Min(board.Advice.Streams, pieces.Count)).Select(_ => Task.Run(LaneAsync)).ToList();
        try
        {
            while (lanes.Count > 0)
            {
                var done = await Task.WhenAny(lanes);
                _ = lanes.Remove(done);
                await done;
            }
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(lanes).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        async Task LaneAsync()
        {
            while (true)
            {
                RangeView? piece;
                lock (pieces)
                {
                    if (!pieces.TryDequeue(out piece))
                        return;
                }

                await new RangeReader(_calls, new Attempts(_calls, _policy, board, time, log), board, file, time, Patience,
                        named => Volatile.Write(ref _digest, named))
                    .ReadAsync(piece.Offset, piece.Length, part.WriteAsync, end.Token);
            }
        }
    }

    /// <summary>Asks the device for its digest, which it may still be computing.</summary>
    private Task<string> DigestAsync(CancellationToken stop) =>
        new Attempts(_calls, _policy, board, time, log).PersistAsync(
            async _ =>
            {
                for (var pause = TimeSpan.FromMilliseconds(20); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
                {
                    var request = _calls.Request(HttpMethod.Get, Address);
                    if (row.TotalBytes > 0)
                        request.Headers.Range = new RangeHeaderValue(0, 0);
                    var answer = await _calls.SendAsync(request, stop);
                    if (RemoteFiles.DigestOf(answer.Header(ServiceHeaders.ReprDigest)) is { } digest)
                        return digest;
                    await Task.Delay(pause, time, stop);
                }
            },
            stop);

    private static IEnumerable<RangeView> Pieces(RangeView gap)
    {
        for (long at = 0; at < gap.Length; at += Piece)
            yield return new RangeView(gap.Offset + at, Math.Min(Piece, gap.Length - at));
    }
}
