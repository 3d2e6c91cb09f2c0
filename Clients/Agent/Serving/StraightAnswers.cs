using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using ChunkUpload.Client;
using ChunkUpload.Client.Straight;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Agent.Serving;

/// <summary>
/// GET /v1/transfers/{transfer}, and nothing else: 1. no browser asks; 2. the transfer; 3. the token; 4. the limit of connections; 5. the
/// version and the range; 6. the bytes, for as long as the right holds.
/// </summary>
/// <param name="find">Finds a running offer.</param>
/// <param name="limits">The bandwidth limits of the agent.</param>
internal sealed class StraightAnswers(Func<Guid, StraightOffer?> find, IReadOnlyList<BandwidthLimit> limits)
{
    private const string Transfers = "/v1/transfers/";
    private const int Block = 256 << 10;

    public async Task AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        // 1. No browser asks.
        if (request.Headers.ContainsKey("Origin") || request.Headers.ContainsKey("Sec-Fetch-Site"))
        {
            await RefuseAsync(response, 403, "browser_refused", "Browsers take files from the service, and not from this device.");
            return;
        }

        // 2. The transfer.
        if (context.Connection.ClientCertificate is not { } certificate
            || request.Path.Value is not { } path || !path.StartsWith(Transfers, StringComparison.Ordinal)
            || !Guid.TryParse(path.AsSpan(Transfers.Length), out var transfer) || find(transfer) is not { } offer
            || DeviceIdentity.FingerprintOf(certificate) is not { } fingerprint || !offer.Expects(fingerprint))
        {
            await RefuseAsync(response, 404, "no_such_transfer", "This device sends you no such file. Look at the transfer again.");
            return;
        }

        if (!HttpMethods.IsGet(request.Method))
        {
            response.Headers.Allow = HttpMethods.Get;
            await RefuseAsync(response, 405, "method_not_allowed", "Only GET is answered here.");
            return;
        }

        // 3. The token.
        if (!AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var shown)
            || !string.Equals(shown.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase)
            || offer.Admit(fingerprint, shown.Parameter ?? "") is not { } right)
        {
            response.Headers.WWWAuthenticate = "Bearer";
            await RefuseAsync(response, 401, "token_refused", "The token is wrong or has expired. Look at the transfer again for one.");
            return;
        }

        // 4. The limit of connections.
        if (!offer.TryEnter())
        {
            response.Headers.RetryAfter = "1";
            await RefuseAsync(
                response, 503, "too_many_connections", $"A transfer has at most {StraightOffer.MostConnections} connections at once.");
            return;
        }

        try
        {
            await SendAsync(context, offer, right);
        }
        finally
        {
            offer.Leave();
        }
    }

    private async Task SendAsync(HttpContext context, StraightOffer offer, CancellationToken right)
    {
        var (request, response) = (context.Request, context.Response);
        // 5. The version and the range.
        if (request.Headers.IfMatch is { Count: > 0 } match && !match.ToString().Split(',').Any(tag => tag.Trim() == offer.Tag))
        {
            await RefuseAsync(response, 412, "precondition_failed", "Another attempt has begun. Look at the transfer again.");
            return;
        }

        if (offer.Source.HasChanged)
        {
            offer.Fail(RootedFile.Changed());
            await RefuseAsync(response, 409, RootedFile.FileChanged, "The file is not the one any more that was asked for.");
            return;
        }

        if (!TryRange(request.Headers.Range, offer.Size, out var from, out var end))
        {
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{offer.Size}");
            await RefuseAsync(response, 416, "range_not_satisfiable", "Ask for one range that lies in the file.");
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(right, context.RequestAborted);
        try
        {
            await offer.HashSmallAsync(stop.Token);
        }
        catch (Exception failure) when (failure is TransferException or OperationCanceledException or ObjectDisposedException)
        {
            context.Abort();
            return;
        }

        response.Headers.AcceptRanges = "bytes";
        response.Headers.ETag = offer.Tag;
        response.ContentType = "application/octet-stream";
        response.ContentLength = end - from;
        if (offer.Digest is { } digest)
            response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(Convert.FromHexString(digest))}:";
        if (request.Headers.Range.Count > 0)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{end - 1}/{offer.Size}");
        }

        // 6. The bytes, for as long as the right holds.
        try
        {
            await CopyAsync(response, offer, from, end, stop.Token);
            offer.Report();
        }
        catch (TransferException failure)
        {
            offer.Fail(failure);
            context.Abort();
        }
        catch (OperationCanceledException)
        {
            // Only a broken connection shows that bytes are missing.
            context.Abort();
        }
        catch (ObjectDisposedException)
        {
            // The offer has ended.
            context.Abort();
        }
    }

    private async Task CopyAsync(HttpResponse response, StraightOffer offer, long from, long end, CancellationToken stop)
    {
        var writer = response.BodyWriter;
        for (var at = from; at < end;)
        {
            stop.ThrowIfCancellationRequested();
            var length = (int)Math.Min(BandwidthLimit.Piece(limits, Block), end - at);
            foreach (var limit in limits)
                await limit.TakeAsync(length, null, stop);
            var read = await offer.Source.ReadAsync(at, writer.GetMemory(length)[..length], stop);
            if (read < length || (at + read == end && offer.Source.HasChanged))
                throw RootedFile.Changed();
            writer.Advance(read);
            if ((await writer.FlushAsync(stop)).IsCompleted && at + read < end)
                throw new OperationCanceledException();
            offer.Add(at, read);
            at += read;
        }
    }

    /// <returns>False if the range lies outside, or there are several.</returns>
    private static bool TryRange(string? field, long size, out long from, out long end)
    {
        (from, end) = (0, size);
        if (string.IsNullOrEmpty(field))
            return true;
        if (!RangeHeaderValue.TryParse(field, out var ranges) || ranges.Unit != "bytes" || ranges.Ranges is not { Count: 1 })
            return false;
        var one = ranges.Ranges.Single();
        if (one.From is { } first)
            (from, end) = (first, Math.Min(size, (one.To ?? size - 1) + 1));
        else
            from = Math.Max(0, size - one.To!.Value);
        return from < end;
    }

    private static Task RefuseAsync(HttpResponse response, int status, string code, string detail)
    {
        response.StatusCode = status;
        response.ContentType = "application/problem+json";
        var body = new MemoryStream();
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WriteNumber("status", status);
            writer.WriteString("code", code);
            writer.WriteString("detail", detail);
            writer.WriteEndObject();
        }

        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body.ToArray()).AsTask();
    }
}
