using System.IO.Pipelines;
using System.Text.Json;
using System.Threading.Channels;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Intake.Unpacking;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>
/// The response to an archive: a line for each member, and a last one with the totals. The lines are buffered in memory until the client
/// reads them, so that the archive is received even if it does not. If the buffer exceeds 1 MiB, only failures are kept, and if these also
/// exceed 1 MiB, only their number.
/// </summary>
internal sealed class UnpackAnswer(HttpResponse response)
{
    public const string MediaType = "application/x-ndjson";

    private const long MaxUnread = 1 << 20;

    private readonly Channel<byte[]> _lines = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _gate = new();
    private readonly long[] _counts = new long[Enum.GetValues<MemberOutcome>().Length + 1];
    private long _unread, _bytes, _omitted;
    private Task _writing = Task.CompletedTask;

    public void Add(UnpackedMember member) => Add(new MemberLine
    {
        Path = TreePath.Join(member.Path),
        Outcome = WordOf(member.Outcome),
        Code = member.Failure is { } failure ? ErrorTable.Of(failure.Error).Code : null,
        Detail = member.Failure?.Detail,
        Id = member.Id?.ToString(),
        FileId = member.Upload?.ToString(),
        Name = member.Name,
    }, member.Outcome, member.Bytes);

    /// <summary>Adds a member that was refused before it was looked up.</summary>
    public void Refuse(string path, string code, string detail) =>
        Add(new MemberLine { Path = path, Outcome = WordOf(MemberOutcome.Failed), Code = code, Detail = detail }, MemberOutcome.Failed, 0);

    /// <summary>Writes the last line and waits until the client has been sent everything.</summary>
    public async Task EndAsync((string Code, string Detail)? failure, CancellationToken cancellationToken)
    {
        SumLine sum;
        lock (_gate)
        {
            sum = new SumLine
            {
                Complete = failure is null,
                Created = _counts[(int)MemberOutcome.Created],
                Replaced = _counts[(int)MemberOutcome.Replaced],
                Renamed = _counts[(int)MemberOutcome.Renamed],
                Unchanged = _counts[(int)MemberOutcome.Unchanged],
                Checking = _counts[(int)MemberOutcome.Checking],
                Failed = _counts[(int)MemberOutcome.Failed],
                StoredBytes = _bytes,
                OmittedLines = _omitted,
                Code = failure?.Code,
                Detail = failure?.Detail,
            };
            Enqueue([.. JsonSerializer.SerializeToUtf8Bytes(sum, ApiJson.Out.SumLine), (byte)'\n']);
        }

        _ = _lines.Writer.TryComplete();
        await _writing.WaitAsync(cancellationToken);
    }

    private void Add(MemberLine line, MemberOutcome outcome, long bytes)
    {
        byte[] text = [.. JsonSerializer.SerializeToUtf8Bytes(line, ApiJson.Out.MemberLine), (byte)'\n'];
        lock (_gate)
        {
            _counts[(int)outcome]++;
            _bytes += bytes;
            if (_unread + text.Length > (outcome == MemberOutcome.Failed ? 2 * MaxUnread : MaxUnread))
                _omitted++;
            else
                Enqueue(text);
        }
    }

    private void Enqueue(byte[] line)
    {
        _unread += line.Length;
        _ = _lines.Writer.TryWrite(line);
        if (response.ContentType is null)
        {
            response.ContentType = MediaType;
            _writing = Task.Run(WriteAsync);
        }
    }

    private async Task WriteAsync()
    {
        PipeWriter output = response.BodyWriter;
        while (await _lines.Reader.WaitToReadAsync())
        {
            long written = 0;
            while (written < MaxUnread && _lines.Reader.TryRead(out var line))
            {
                line.CopyTo(output.GetSpan(line.Length));
                output.Advance(line.Length);
                written += line.Length;
            }

            var flushed = await output.FlushAsync();
            lock (_gate)
                _unread -= written;
            if (flushed.IsCompleted)
                return;
        }
    }

    private static string WordOf(MemberOutcome outcome) => outcome switch
    {
        MemberOutcome.Created => "created",
        MemberOutcome.Replaced => "replaced",
        MemberOutcome.Renamed => "renamed",
        MemberOutcome.Unchanged => "unchanged",
        MemberOutcome.Checking => "checking",
        _ => "failed",
    };
}
