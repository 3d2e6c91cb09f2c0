using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connectors.Web;

/// <summary>
/// Reads web addresses. If a server supports ranges and provides a validator, each piece is a range; otherwise the file is one long
/// response, whose next piece begins where the last one ended. A file of unknown size is first stored on the disk.
/// </summary>
internal sealed class WebSource(WebConnector connector, ConnectorHttp http, ICallLog calls, WebKeeper keeper, TimeProvider time)
    : ISource, IDisposable
{
    private WebRequests? _requests;
    private RangeConditionHeaderValue? _version;
    private WebReading? _open;
    private KeptFile? _kept;

    public SourceTraits Traits { get; } = new([DigestKind.Sha256]) { NamesLate = true };

    public Task<Outcome<SourcePage>> ListAsync(string folder, string? cursor, CancellationToken cancellationToken) =>
        Task.FromResult<Outcome<SourcePage>>(new StorageFault(FaultKind.Refused, "Web addresses are not folders."));

    /// <summary>Requests the first byte, because many servers do not support HEAD correctly.</summary>
    public async Task<Outcome<SourceItem>> StatAsync(string id, CancellationToken cancellationToken)
    {
        Dispose();
        if (connector.Find(id) is not { } address)
            return new StorageFault(FaultKind.Refused, "The saved address cannot be read any more.");
        _requests = new WebRequests(address, http, calls, time);
        var asked = await _requests.GetAsync("look", new RangeHeaderValue(0, 0), null, cancellationToken);
        // An empty file has no first byte, and some servers refuse every range.
        if (asked is { Ok: true, Value.StatusCode: HttpStatusCode.RequestedRangeNotSatisfiable or HttpStatusCode.PreconditionFailed })
        {
            asked.Value.Dispose();
            asked = await _requests.GetAsync("look", null, null, cancellationToken);
        }

        if (!asked.Ok)
            return asked.Fault;
        var answer = asked.Value;
        if (WebHeaders.IsEncoded(answer))
        {
            answer.Dispose();
            return Encoded;
        }

        var headers = answer.Content.Headers;
        var item = new SourceItem(id, address.GivenName ?? WebHeaders.Name(answer) ?? address.Name, StorageItemKind.File)
        {
            Modified = headers.LastModified,
            MediaType = headers.ContentType?.MediaType,
            Digests = WebHeaders.Digests(answer),
            FromStartOnly = true,
        };
        switch (answer.StatusCode)
        {
            case HttpStatusCode.OK:
                _open = new WebReading(answer, _requests.Host);
                return item with { Size = headers.ContentLength, Pin = Once() };
            case HttpStatusCode.PartialContent:
                return await OfPartAsync(item, answer, cancellationToken);
            default:
                answer.Dispose();
                return new StorageFault(FaultKind.Refused, $"{_requests.Host} refuses to send the file.");
        }
    }

    public async Task<Outcome<SourceItem>> KeepAsync(
        SourceItem item, long? room, Func<int, ValueTask> pace, CancellationToken cancellationToken)
    {
        if (_open is null && await OpenAsync(item, cancellationToken) is { } fault)
            return fault;
        var kept = await keeper.KeepAsync(_open!, room, pace, cancellationToken);
        Close();
        if (!kept.Ok)
            return kept.Fault;
        _kept = kept.Value;
        return item with
        {
            Size = _kept.Length,
            // The received bytes are the version: if they are received again, the copy can resume.
            Pin = "kept " + _kept.Sha256,
            FromStartOnly = false,
        };
    }

    public async Task<StorageFault?> ReadAsync(
        SourceItem item, long offset, long length, PipeWriter into, CancellationToken cancellationToken)
    {
        if (_kept is { } kept)
            return await kept.CopyAsync(offset, length, into, cancellationToken);
        if (_version is { } version)
            return await ReadRangeAsync(item, version, offset, length, into, cancellationToken);
        if (_open is null && offset == 0 && await OpenAsync(item, cancellationToken) is { } refused)
            return refused;
        if (_open is not { } open || open.Position != offset)
            return new StorageFault(FaultKind.Transient, $"{_requests!.Host} cannot resume in the middle of the file.");
        var fault = await open.CopyAsync(into, length, offset + length == item.Size, cancellationToken);
        if (fault is not null)
            Close();
        return fault;
    }

    public void Dispose()
    {
        Close();
        _version = null;
        _kept?.Dispose();
        _kept = null;
    }

    // Neither its bytes nor its size would be those of the file.
    private StorageFault Encoded => new(
        FaultKind.Refused, $"{_requests!.Host} sends the file with Content-Encoding, although the service accepts only identity.");

    private static string Once() => string.Create(CultureInfo.InvariantCulture, $"once {Guid.NewGuid():n}");

    private async Task<Outcome<SourceItem>> OfPartAsync(SourceItem item, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        using var part = new WebReading(answer, _requests!.Host);
        if (answer.Content.Headers.ContentRange is not { From: 0, To: 0 } range)
            return new StorageFault(FaultKind.Refused, $"{_requests.Host} sends another part of the file than was asked for.");
        // Read the one byte, so that the connection can be reused.
        _ = await part.CopyAsync(PipeWriter.Create(Stream.Null), 1, isEnd: true, cancellationToken);
        if (range.Length is not { } size || WebHeaders.Validator(answer) is not { } version)
            return item with { Size = range.Length, Pin = Once() };
        _version = version;
        return item with { Size = size, Pin = $"{version} {size}", FromStartOnly = false };
    }

    /// <summary>Requests the whole file.</summary>
    private async Task<StorageFault?> OpenAsync(SourceItem item, CancellationToken cancellationToken)
    {
        var asked = await _requests!.GetAsync("read", null, null, cancellationToken);
        if (!asked.Ok)
            return asked.Fault;
        if (WebHeaders.IsEncoded(asked.Value))
        {
            asked.Value.Dispose();
            return Encoded;
        }

        var length = asked.Value.Content.Headers.ContentLength;
        if (asked.Value.StatusCode == HttpStatusCode.OK && (item.Size is null || length is null || length == item.Size))
        {
            _open = new WebReading(asked.Value, _requests.Host);
            return null;
        }

        asked.Value.Dispose();
        return new StorageFault(FaultKind.SourceChanged, $"{_requests.Host} has another file there now.");
    }

    private async Task<StorageFault?> ReadRangeAsync(
        SourceItem item, RangeConditionHeaderValue version, long offset, long length, PipeWriter into, CancellationToken cancellationToken)
    {
        var asked = await _requests!.GetAsync("read", new RangeHeaderValue(offset, offset + length - 1), version, cancellationToken);
        if (!asked.Ok)
            return asked.Fault;
        using var reading = new WebReading(asked.Value, _requests.Host);
        return WebHeaders.IsEncoded(asked.Value) ? Encoded
            : FaultOf(reading.Answer, item, version, offset, length) is { } fault ? fault
            : await reading.CopyAsync(into, length, isEnd: true, cancellationToken);
    }

    /// <summary>Returns a fault unless the response is exactly the requested range of the same version.</summary>
    private StorageFault? FaultOf(
        HttpResponseMessage answer, SourceItem item, RangeConditionHeaderValue version, long offset, long length)
    {
        var headers = answer.Content.Headers;
        var changed = new StorageFault(FaultKind.SourceChanged, "The file was changed while it was read; it begins again.");
        // The headers of a partial response should contain the version; some servers omit it.
        if (version.EntityTag is { } tag && answer.Headers.ETag is { } now && !now.Equals(tag))
            return changed;
        if (version.Date is { } at && headers.LastModified is { } modified && modified != at)
            return changed;
        switch (answer.StatusCode)
        {
            case HttpStatusCode.PartialContent:
                if (headers.ContentRange is { } range && range.Length is { } total && total != item.Size)
                    return changed;
                return headers.ContentRange is { } got && got.From == offset && got.To == offset + length - 1
                    ? null
                    : new StorageFault(FaultKind.Transient, $"{_requests!.Host} sent another part than was asked for.");
            case HttpStatusCode.OK when offset == 0 && length == item.Size && headers.ContentLength == length
                && version.Equals(WebHeaders.Validator(answer)):
                return null;
            case HttpStatusCode.OK when headers.ContentLength == item.Size && version.Equals(WebHeaders.Validator(answer)):
                return new StorageFault(FaultKind.Transient, $"{_requests!.Host} sent the whole file in place of a part.");
            default:
                return changed;
        }
    }

    private void Close()
    {
        _open?.Dispose();
        _open = null;
    }
}
