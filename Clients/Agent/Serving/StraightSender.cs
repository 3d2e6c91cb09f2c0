using ChunkUpload.Client;
using ChunkUpload.Client.Projects;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Straight;

namespace ChunkUpload.Agent.Serving;

/// <summary>The result of serving a file directly.</summary>
internal enum StraightOutcome
{
    /// <summary>The transfer has ended.</summary>
    Over,

    /// <summary>The receiver uses the relay.</summary>
    Relay,

    /// <summary>The receiver is offline.</summary>
    Away,
}

/// <summary>
/// Lets the receiver of a transfer fetch the file from this device: 1. it says every second how far it is, and hears whom to let in; 2.
/// once every byte was sent and the file is still the same, it says at once that all is sent; 3. it stays until the transfer has ended,
/// because bytes may be lost on the way. It hears at once by an event that the transfer has ended or takes another way.
/// </summary>
/// <param name="listener">Where other devices find this one.</param>
/// <param name="service">The address of the service.</param>
/// <param name="note">Receives a sentence for the user.</param>
internal sealed class StraightSender(
    ChunkUploadClient client, StraightPlace listener, DevicePins pins, string service, Guid project, string root, Guid claim,
    Action<JournalEntry, byte[]> sent, Action<string> note, TimeProvider time)
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Where this device listens at the moment.</summary>
    public IReadOnlyList<string> Addresses => listener.Addresses;

    /// <summary>Opens the file for the device that receives it.</summary>
    public StraightOffer Offer(FileTransferAnswer claimed, JournalEntry entry, TransferPulse pulse)
    {
        var offer = new StraightOffer(claimed, root, entry, pins, service, pulse);
        offer.Take(claimed.Straight);
        listener.Add(offer);
        return offer;
    }

    public void Withdraw(StraightOffer offer)
    {
        listener.Remove(offer);
        offer.Dispose();
    }

    /// <exception cref="TransferException">The file has changed, or the service refuses the transfer.</exception>
    public async Task<StraightOutcome> ServeAsync(
        FileTransferAnswer claimed, StraightOffer offer, JournalEntry entry, TransferPulse pulse, CancellationToken stop)
    {
        try
        {
            return await FollowAsync(claimed, offer, pulse, stop);
        }
        finally
        {
            // The receiver may have completed the transfer before this end could say that all is sent.
            if (offer.Sent >= offer.Size && offer.Digest is { } digest && !offer.Source.HasChanged)
                sent(entry, Convert.FromHexString(digest));
        }
    }

    private async Task<StraightOutcome> FollowAsync(
        FileTransferAnswer claimed, StraightOffer offer, TransferPulse pulse, CancellationToken stop)
    {
        var (isTold, guestAt, isOther) = (claimed.AllSent, time.GetTimestamp(), false);
        while (true)
        {
            // It has just told, or been told.
            await pulse.WaitAsync(Beat, stop);
            if (offer.Fault is { } fault)
                throw fault;
            if (!isTold && offer.Source.HasChanged)
                throw RootedFile.Changed();
            if (pulse.HasEnded)
                return StraightOutcome.Over;
            // 1. and 2.
            FileTransferAnswer row;
            var body = BodyOf(claimed, offer, isTold);
            try
            {
                row = await client.PatchFileTransferAsync(project, claimed.Id, body, stop);
            }
            catch (TransferException failure) when (failure.Status is null or >= 500 or 429)
            {
                // The service is away. What it does not renew within a minute ends by itself.
                continue;
            }

            isTold |= body.Status is not null;
            offer.Take(row.Straight);
            if (offer.IsOtherKey && !isOther)
            {
                isOther = true;
                note($"{row.Straight?.DeviceName} shows another key than before and is not let in. Compare cu project devices there and "
                    + "here; cu project devices --forget lets a new key in.");
            }

            // 3. It stays until the transfer has ended, because bytes may be lost on the way.
            if (!row.IsOpen || row.Attempt != claimed.Attempt)
                return StraightOutcome.Over;
            if (!row.IsStraight)
                return StraightOutcome.Relay;
            if (row.Straight is not null)
                guestAt = time.GetTimestamp();
            else if (time.GetElapsedTime(guestAt) > Patience)
                return StraightOutcome.Away;
        }
    }

    private FileTransferChangeBody BodyOf(FileTransferAnswer claimed, StraightOffer offer, bool isTold)
    {
        var progress = new FileTransferChangeBody(claimed.Attempt)
        {
            Claim = claim,
            BytesTransferred = Math.Min(offer.Sent, claimed.TotalBytes),
            Addresses = Addresses,
        };
        if (isTold || offer.Sent < offer.Size || offer.Digest is not { } digest)
            return progress;
        if (offer.Source.HasChanged)
            throw RootedFile.Changed();
        return progress with { BytesTransferred = null, Status = FileTransferWords.Completed, Hash = digest };
    }
}
