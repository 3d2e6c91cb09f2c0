using System.Globalization;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Uploads;
using ChunkUpload.Wire;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Client.Projects;

/// <summary>
/// Sends a file that was asked for by the session of one attempt, which the service finds again by the transfer. Another member's transfer
/// of the same version may have the same session.
/// </summary>
internal sealed class RelayUpload(
    ServiceCalls calls, Attempts attempts, ProgressBoard board, StateStore states, TimeProvider time, ILogger log)
{
    public async Task<string> SendAsync(IUploadSource source, FileTransferAnswer transfer, Guid claim, CancellationToken stop)
    {
        var remote = string.Create(CultureInfo.InvariantCulture, $"relay {calls.Address.Base} {transfer.Id} {transfer.Attempt}");
        using var state = states.Open(StateStore.IdOf(remote), board.Name);
        if (state.State is not { Kind: "relay" } old || old.Remote != remote || old.Size != source.Size
            || (transfer.RelaySession is { } told && old.Session != told))
        {
            state.Save(_ => new TransferState
            {
                Kind = "relay",
                File = transfer.FilePath,
                Remote = remote,
                Size = source.Size!.Value,
                Session = transfer.RelaySession,
            });
        }

        board.Size = source.Size;
        var body = new NewSessionBody
        {
            FileName = transfer.Id.ToString("n"),
            Size = source.Size,
            TransferId = transfer.Id.ToString(),
            Claim = claim.ToString(),
        };
        try
        {
            var (_, sha256) = await new SessionUpload(calls, attempts, board, state, time, log).SendAsync(
                source, body, null, _ => Task.FromResult(true), stop);
            state.Remove();
            board.Done();
            return sha256;
        }
        catch (TransferException failure) when (!failure.IsTransient)
        {
            // The service knows whether the transfer can be resumed.
            state.Remove();
            throw;
        }
    }
}
