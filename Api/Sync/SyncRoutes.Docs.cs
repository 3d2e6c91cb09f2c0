using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Sync;

namespace ChunkUpload.Api.Sync;

/// <summary>The contract of /api/syncs.</summary>
internal static partial class SyncRoutes
{
    private static EndpointDoc ListDoc => new(Tag, "ListSyncs", "List pairs", "Your own, in the order in which they were made.")
    {
        Answers = [new(200, "All of them.", typeof(ListOf<SyncView>), Examples.Page(SyncView.Example))],
        Errors = [RequestError.InvalidParameter],
    };

    private static EndpointDoc StatisticsDoc => new(
        Tag, "GetSyncStatistics", "Show pairs in figures",
        "Of your own pairs: how many there are, the items on which both sides agree, files that wait, are copied, were copied within a "
            + "day or could not be copied, and the conflicts that wait for you.")
    {
        Answers =
        [
            new(200, "The figures.", typeof(SyncStatistics), """
                {"pairs":2,"live":1,"items":1204,"pending":3,"copying":2,"done":57,"failed":0,"conflicts":1}
                """),
        ],
        Errors = [RequestError.InvalidParameter],
    };

    private static EndpointDoc AddDoc => new(
        Tag, "AddSync", "Keep two folders in sync",
        """
        What changes in the left folder is done in the right one: files are copied, moved and removed. What only the right folder has
        stays. What was changed there is not overwritten before you were asked, and many removals at once are asked about, too. With
        `"way":"both"` changes go in both directions, and you are asked about what was changed on both sides. Both are folders of this
        service, or folders of its machine that the operator gives. `docs/sync.md` has the rules.

            curl -X POST -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
              -d '{"title":"Photos to the disk","left":{"folder":"FOLDER"},"right":{"connection":"CONNECTION","folder":"."}}' \
              http://127.0.0.1:8080/api/syncs
        """)
    {
        Json = new(
            typeof(NewSyncBody),
            $$"""
            {"title":"Photos to the disk","left":{"folder":"{{Examples.Id}}"},"right":{"connection":"{{Examples.Id}}","folder":"."},
             "exclude":["*.tmp"],"interval":30}
            """),
        Answers =
        [
            new(201, "The pair.", typeof(SyncView), SyncView.Example) { Headers = [new("Location", "The pair.", $"{All}/{Examples.Id}")] },
        ],
        Errors = [RequestError.ConnectionFailed, RequestError.TooManySyncs],
    };

    private static EndpointDoc GetDoc => new(Tag, "GetSync", "Show a pair", "With its state and its question.")
    {
        Answers = [new(200, "The pair.", typeof(SyncView), SyncView.Example)],
        Errors = [RequestError.NoSuchSync],
    };

    private static EndpointDoc RemoveDoc => new(Tag, "RemoveSync", "End a pair", "Neither folder changes.")
    {
        Answers = [new(204, "It is gone.")],
        Errors = [RequestError.NoSuchSync],
    };

    private static EndpointDoc ItemsDoc => new(
        Tag, "ListSyncItems", "List the items of a pair", "Equal items of both folders, and files that could not be copied, by path.")
    {
        Query = [new("failing", "true: only files that could not be copied.", "true"), .. Items.Parameters],
        Answers = [new(200, "A page.", typeof(ListOf<SyncItemView>), Examples.Page(SyncItemView.Example))],
        Errors = [RequestError.NoSuchSync],
    };

    private static EndpointDoc EventsDoc => new(
        Tag, "ListSyncEvents", "Show the history of a pair", "The newest first, for 30 days.")
    {
        Query = Events.Parameters,
        Answers = [new(200, "A page.", typeof(ListOf<SyncEventView>), Examples.Page(SyncEventView.Example))],
        Errors = [RequestError.NoSuchSync],
    };

    private static EndpointDoc PlanDoc => new(
        Tag, "PlanSync", "Show what a scan would do", "Both folders are compared now, and nothing is changed.")
    {
        Answers = [new(200, "The plan.", typeof(SyncPlanView), SyncPlanView.Example)],
        Errors = [RequestError.NoSuchSync, RequestError.ConnectionFailed],
    };

    private static EndpointDoc ApproveDoc => new(
        Tag, "AnswerSync", "Answer a pair's question",
        """
        About removals: `apply` does them on the other side, `leave` does not, and with both directions brings them back. About what
        differs: `apply` makes the right folder like the left one, `leave` leaves both as they are; with both directions `right` makes the
        left folder like the right one, and `both` keeps both. The answer counts for the list that was shown.
        """)
    {
        Json = new(typeof(SyncAnswerBody), $$"""{"digest":"{{Examples.Sha256}}","answer":"apply"}"""),
        Answers = [new(200, "The pair.", typeof(SyncView), SyncView.Example)],
        Errors = [RequestError.NoSuchSync, RequestError.SyncQuestionChanged],
    };

    private static EndpointDoc ChangeDoc(string what) => what switch
    {
        "run" => Of("RunSync", "Scan now", "Also retries files that could not be copied."),
        "pause" => Of("PauseSync", "Pause a pair", "What is being copied pauses, too."),
        _ => Of("ResumeSync", "Resume a pair", "It scans both folders first."),
    };

    private static EndpointDoc Of(string name, string title, string text) => new(Tag, name, title, text)
    {
        Answers = [new(200, "The pair.", typeof(SyncView), SyncView.Example)],
        Errors = [RequestError.NoSuchSync],
    };
}
