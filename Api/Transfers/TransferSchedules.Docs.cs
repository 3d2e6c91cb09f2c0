using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;

namespace ChunkUpload.Api.Transfers;

/// <summary>The contract of /api/schedules.</summary>
internal static partial class TransferSchedules
{
    private static EndpointDoc ListDoc => new(Tag, "ListTransferSchedules", "List schedules", "Your own, by their titles.")
    {
        Answers =
            [new(200, "All of them.", typeof(ListOf<TransferScheduleView>), Examples.Page(TransferScheduleView.Example))],
        Errors = [RequestError.InvalidParameter],
    };

    private static EndpointDoc AddDoc => new(
        Tag, "AddTransferSchedule", "Move files at times, or as they arrive",
        """
        Once (`at`), again and again (`cron`, in a time zone), or whenever something is published below a folder of this service
        (`arrival`). A run that would begin while the last one still goes on is left out, and told. `transfer` is as for
        `POST /api/transfers`; its `bandwidth` may be a timetable with windows.

        With `arrival` the one item of `transfer.source` is the folder. What arrives in a short time goes in one transfer, with the folders
        below that folder. Only uploads of the schedule's owner go on, unless `others` names more:

            curl -X POST -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
              -d '{"title":"Inbox to Drive","arrival":{"others":["link:LINK"]},
                   "transfer":{"source":{"items":["FOLDER"]},"destination":{"connection":"CONNECTION","folder":"root"}}}' \
              http://127.0.0.1:8080/api/schedules
        """)
    {
        Json = new(
            typeof(NewScheduleBody),
            $$"""
            {"title":"Nightly archive","cron":"0 2 * * *","timeZone":"Europe/Berlin",
             "transfer":{"source":{"items":["{{Examples.Id}}"]},"destination":{"connection":"{{Examples.Id}}","folder":"root"},
                         "options":{"taken":"replace_older"} } }
            """),
        Answers =
        [
            new(201, "The schedule.", typeof(TransferScheduleView), TransferScheduleView.Example)
            { Headers = [new("Location", "The schedule.", $"{All}/{Examples.Id}")] },
        ],
        Errors = DraftFaults,
    };

    private static EndpointDoc GetDoc => new(Tag, "GetTransferSchedule", "Show a schedule", "With its next run and its last result.")
    {
        Answers = [new(200, "The schedule.", typeof(TransferScheduleView), TransferScheduleView.Example)],
        Errors = [RequestError.NoSuchSchedule],
    };

    private static EndpointDoc ChangeDoc => new(
        Tag, "ChangeTransferSchedule", "Change a schedule", "Missing fields do not change. `cron`, `at` and `arrival` replace each other.")
    {
        Json = new(typeof(ScheduleChangeBody), """{"enabled":false}"""),
        Answers = [new(200, "The schedule.", typeof(TransferScheduleView), TransferScheduleView.Example)],
        Errors = [RequestError.NoSuchSchedule, RequestError.NoSuchConnection, RequestError.ConnectionFailed],
    };

    private static EndpointDoc ArrivalsDoc => new(
        Tag, "ListArrivals", "List what arrived", "The last 200 files that arrived below the folder of a schedule, the newest first.")
    {
        Answers = [new(200, "What arrived.", typeof(ListOf<ArrivalView>), Examples.Page(ArrivalView.Example))],
        Errors = [RequestError.NoSuchSchedule],
    };

    private static EndpointDoc RemoveDoc => new(Tag, "RemoveTransferSchedule", "Delete a schedule", "Started transfers continue.")
    {
        Answers = [new(204, "It is gone.")],
        Errors = [RequestError.NoSuchSchedule],
    };

    private static EndpointDoc RunDoc => new(Tag, "RunTransferSchedule", "Run a schedule now", "Its times stay as they are.")
    {
        Answers = [new(201, "The transfer.", typeof(TransferView), TransferView.Example)],
        Errors = [RequestError.NoSuchSchedule, RequestError.TransferGoesOn, RequestError.BeginsByArrival, RequestError.ConnectionFailed],
    };
}
