using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Api.Sync;

/// <summary>The contract of /api/conflicts.</summary>
internal static partial class ConflictRoutes
{
    private static EndpointDoc ListDoc => new(
        Tag, "ListConflicts", "List conflicts",
        "Paths at which the sides of your pairs differ, the newest first. Decisions are listed for 30 days after they were carried out.")
    {
        Query =
        [
            new("state", "open, which is the default: those that you are asked about; decided: the other ones.", "open"),
            new("sync", "Only those of this pair.", Examples.Id), .. Conflicts.Parameters,
        ],
        Answers = [new(200, "A page.", typeof(ListOf<ConflictView>), Examples.Page(ConflictView.Example))],
        Errors = [RequestError.NoSuchSync],
    };

    private static EndpointDoc GetDoc => new(Tag, "GetConflict", "Show a conflict", "With the files of both sides.")
    {
        Answers = [new(200, "The conflict.", typeof(ConflictView), ConflictView.Example)],
        Errors = [RequestError.NoSuchConflict],
    };

    private static EndpointDoc DecideDoc => new(
        Tag, "DecideConflict", "Decide about a conflict",
        """
        `left` and `right` say which side counts, `both` keeps both files, and `leave` leaves them different. What is replaced is kept
        first. The decision counts for exactly the versions that `digest` names. With one direction, only `left` and `leave` are possible.
        """)
    {
        Json = new(typeof(ConflictAnswerBody), $$"""{"digest":"{{Examples.Sha256}}","answer":"left"}"""),
        Answers = [new(200, "The conflict.", typeof(ConflictView), ConflictView.Example)],
        Errors = [RequestError.NoSuchConflict, RequestError.ConflictChanged],
    };

    private static EndpointDoc TakeBackDoc => new(
        Tag, "TakeBackConflict", "Take a decision back",
        """
        After `left` or `right`, the file that was replaced is put back where it was, and with both directions the pair brings it to the
        other side. After `leave`, the pair asks again. The file that was chosen before is kept in turn.
        """)
    {
        Answers = [new(200, "The conflict.", typeof(ConflictView), ConflictView.Example)],
        Errors = [RequestError.NoSuchConflict, RequestError.ConflictChanged, RequestError.ConflictLoserGone, RequestError.ConnectionFailed],
    };

    private static EndpointDoc ContentDoc(SyncSide side) => new(
        Tag, side == SyncSide.Left ? "GetConflictLeft" : "GetConflictRight",
        side == SyncSide.Left ? "Download the left file of a conflict" : "Download the right file of a conflict",
        "The version that the conflict names; another one is refused.")
    {
        Answers = [new(200, "The content.", typeof(Stream)) { MediaType = "application/octet-stream" }],
        Errors = [RequestError.NoSuchConflict, RequestError.ConflictChanged, RequestError.ConnectionFailed],
    };
}
