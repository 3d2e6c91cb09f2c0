using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Intake.Unpacking;

/// <summary>Starts to unpack archives into folders.</summary>
public sealed class Unpacker(
    ITreeLedger ledger, ITreeChangeLedger changes, FileReceiver receiver, SmallFileWriter writer, IRunningHashes hashes,
    Admission admission, ILogger<Unpacker> log)
{
    /// <param name="tell">Called once for each member, from any thread, when its result is durable.</param>
    public FolderUnpacking Begin(Caller caller, PlacedEntry folder, NameConflict conflict, Action<UnpackedMember> tell)
    {
        var places = new MemberPlaces(ledger, changes, caller, folder.Entry);
        var publisher = new MemberPublisher(
            ledger, changes, receiver, writer, hashes, admission, caller, folder.Entry.Space, conflict);
        return new FolderUnpacking(places, publisher, tell, log);
    }
}
