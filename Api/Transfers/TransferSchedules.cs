using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Core.Work;
using FluentValidation;

namespace ChunkUpload.Api.Transfers;

/// <summary>/api/schedules: transfers that begin at their times.</summary>
internal static class TransferSchedules
{
    private const string Tag = "Transfer schedules";
    private const string All = "/api/schedules";
    private const string One = All + "/{id}";
    private const int Most = 200;

    private static readonly IReadOnlyList<EndpointDoc.Parameter> Id = [new("id", "The schedule's id.", Examples.Id, Required: true)];

    public static IReadOnlyList<RequestError> DraftFaults { get; } =
    [
        RequestError.MalformedJson, RequestError.InvalidField, RequestError.MediaTypeNotSupported, RequestError.BodyTooLarge,
        RequestError.NoSuchConnection, RequestError.ConnectionFailed, RequestError.TooManyTransfers, RequestError.NotPermitted,
    ];

    private static Refusal Absent { get; } = Refusal.Of(
        RequestError.NoSuchSchedule, "You have no schedule with this id. GET /api/schedules lists them.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(All, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(ListDoc);
        routes.MapPost(All, AddAsync).RequireAuthorization(AccessPolicy.Transfers).Document(AddDoc);
        routes.MapGet(One, GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(GetDoc);
        routes.MapPatch(One, ChangeAsync).RequireAuthorization(AccessPolicy.Transfers).Document(ChangeDoc);
        routes.MapDelete(One, RemoveAsync).RequireAuthorization(AccessPolicy.Transfers).Document(RemoveDoc);
        routes.MapPost(One + "/run", RunAsync).RequireAuthorization(AccessPolicy.Transfers).Document(RunDoc);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IScheduleLedger ledger)
    {
        if (new QueryReader(context.Request.Query).Refusal is { } fault)
            return fault;
        var found = await ledger.ListAsync(context.Caller(), context.RequestAborted);
        return JsonAnswer.Of(
            new ListOf<TransferScheduleView>([.. found.Select(TransferScheduleView.Of)], null), ApiJson.Out.ListOfTransferScheduleView);
    }

    private static async Task<IResult> AddAsync(
        HttpContext context, IValidator<NewScheduleBody> validator, IScheduleLedger ledger, TransferMaker maker, TransferScheduleWork work,
        IScheduleTimes times, TransferPace pace, WorkQueue queue, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.NewScheduleBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var caller = context.Caller();
        var schedule = new TransferSchedule(
            Guid.NewGuid(), caller.Tenant, caller.Subject, caller.Scopes, caller.ApiKey, body.Title!, null!, body.Cron, body.At,
            body.TimeZone ?? pace.UsualZone.Id, body.Enabled ?? true, null)
        {
            MadeAt = time.GetUtcNow(),
        };
        if (FaultOf(schedule, times, time) is { } fault)
            return fault;
        var (named, refusal) = await maker.LookAsync(caller, body.Transfer!.ToDraft(), context.RequestAborted);
        if (named is null)
            return AddTransfer.RefusalOf(refusal!);
        if (!await maker.MayAsync(caller, named.Draft, context.RequestAborted))
        {
            return Refusal.Of(
                RequestError.NotPermitted, "A schedule goes on without you, so make it as a user or with a key, not with a token.");
        }

        schedule = schedule with { Draft = named };
        schedule = schedule with { NextAt = work.NextOf(schedule) };
        if (!await ledger.SetAsync(schedule, "made", Most, context.RequestAborted))
            return Refusal.Of(RequestError.TooManyTransfers, $"A user has at most {Most} schedules; delete one first.");
        queue.Wake();
        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, $"{All}/{schedule.Id:n}");
        return JsonAnswer.Of(TransferScheduleView.Of(schedule), ApiJson.Out.TransferScheduleView, StatusCodes.Status201Created);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, IScheduleLedger ledger) =>
        await FindAsync(id, context, ledger) is { } schedule
            ? JsonAnswer.Of(TransferScheduleView.Of(schedule), ApiJson.Out.TransferScheduleView)
            : Absent;

    private static async Task<IResult> ChangeAsync(
        string id, HttpContext context, IValidator<ScheduleChangeBody> validator, IScheduleLedger ledger, TransferScheduleWork work,
        IScheduleTimes times, WorkQueue queue, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.ScheduleChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (await FindAsync(id, context, ledger) is not { } schedule)
            return Absent;
        var changed = schedule with
        {
            Title = body.Title ?? schedule.Title,
            Cron = body.Cron ?? (body.At is null ? schedule.Cron : null),
            OnceAt = body.At ?? (body.Cron is null ? schedule.OnceAt : null),
            Zone = body.TimeZone ?? schedule.Zone,
            Enabled = body.Enabled ?? schedule.Enabled,
        };
        // One whose time is over may still get another name.
        if ((changed.Enabled || body.Cron is not null || body.At is not null) && FaultOf(changed, times, time) is { } fault)
            return fault;
        changed = changed with { NextAt = changed.Enabled ? work.NextOf(changed) : null };
        _ = await ledger.SetAsync(changed, "changed", Most, context.RequestAborted);
        queue.Wake();
        return await GetAsync(id, context, ledger);
    }

    private static async Task<IResult> RemoveAsync(string id, HttpContext context, IScheduleLedger ledger) =>
        UploadId.TryParse(id, out var parsed) && await ledger.RemoveAsync(context.Caller(), parsed.Value, context.RequestAborted)
            ? Results.NoContent()
            : Absent;

    private static async Task<IResult> RunAsync(
        string id, HttpContext context, IScheduleLedger ledger, ITransferLedger transfers, TransferScheduleWork work, TimeProvider time)
    {
        if (await FindAsync(id, context, ledger) is not { } schedule)
            return Absent;
        var (result, reason, made, _) = await work.RunAsync(schedule, Guid.NewGuid(), context.RequestAborted);
        if (made is null || await transfers.FindAsync(context.Caller(), made.Value, context.RequestAborted) is not { } transfer)
        {
            return Refusal.Of(
                result == ScheduleResult.Skipped ? RequestError.TransferGoesOn : RequestError.ConnectionFailed,
                reason ?? "It did not begin.");
        }

        await ledger.RanByHandAsync(schedule.Id, transfer.Id, context.RequestAborted);
        return JsonAnswer.Of(TransferView.Of(transfer, time.GetUtcNow()), ApiJson.Out.TransferView, StatusCodes.Status201Created);
    }

    private static async Task<TransferSchedule?> FindAsync(string id, HttpContext context, IScheduleLedger ledger) =>
        UploadId.TryParse(id, out var parsed) ? await ledger.FindAsync(context.Caller(), parsed.Value, context.RequestAborted) : null;

    private static Refusal? FaultOf(TransferSchedule schedule, IScheduleTimes times, TimeProvider time)
    {
        var now = time.GetUtcNow();
        if (schedule.Cron is { } cron)
        {
            return times.Fault(cron, TimeZoneInfo.FindSystemTimeZoneById(schedule.Zone), now) is { } fault
                ? Refusal.Of(RequestError.InvalidField, fault)
                : null;
        }

        return schedule.OnceAt <= now ? Refusal.Of(RequestError.InvalidField, "at has passed already.") : null;
    }

    private static EndpointDoc ListDoc => new(Tag, "ListTransferSchedules", "List schedules", "Your own, by their titles.")
    {
        Answers =
            [new(200, "All of them.", typeof(ListOf<TransferScheduleView>), Examples.Page(TransferScheduleView.Example))],
        Fails = TransferRoutes.Fails,
        Refuses = [RequestError.InvalidParameter],
    };

    private static EndpointDoc AddDoc => new(
        Tag, "AddTransferSchedule", "Move files at times",
        """
        Once (`at`), or again and again (`cron`, in a time zone). A run that would begin while the last one still goes on is left out, and
        told. `transfer` is as for `POST /api/transfers`; its `bandwidth` may be a timetable with windows.
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
        Fails = TransferRoutes.Fails,
        Refuses = DraftFaults,
    };

    private static EndpointDoc GetDoc => new(Tag, "GetTransferSchedule", "Show a schedule", "With its next run and its last result.")
    {
        Path = Id,
        Answers = [new(200, "The schedule.", typeof(TransferScheduleView), TransferScheduleView.Example)],
        Fails = TransferRoutes.Fails,
        Refuses = [RequestError.NoSuchSchedule],
    };

    private static EndpointDoc ChangeDoc => new(
        Tag, "ChangeTransferSchedule", "Change a schedule", "What is missing stays. `cron` and `at` replace each other.")
    {
        Path = Id,
        Json = new(typeof(ScheduleChangeBody), """{"enabled":false}"""),
        Answers = [new(200, "The schedule.", typeof(TransferScheduleView), TransferScheduleView.Example)],
        Fails = TransferRoutes.Fails,
        Refuses =
        [
            RequestError.MalformedJson, RequestError.InvalidField, RequestError.MediaTypeNotSupported, RequestError.BodyTooLarge,
            RequestError.NoSuchSchedule,
        ],
    };

    private static EndpointDoc RemoveDoc => new(Tag, "RemoveTransferSchedule", "Delete a schedule", "What it has begun goes on.")
    {
        Path = Id,
        Answers = [new(204, "It is gone.")],
        Fails = TransferRoutes.Fails,
        Refuses = [RequestError.NoSuchSchedule],
    };

    private static EndpointDoc RunDoc => new(Tag, "RunTransferSchedule", "Run a schedule now", "Its times stay as they are.")
    {
        Path = Id,
        Answers = [new(201, "The transfer.", typeof(TransferView), TransferView.Example)],
        Fails = TransferRoutes.Fails,
        Refuses = [RequestError.NoSuchSchedule, RequestError.TransferGoesOn, RequestError.ConnectionFailed],
    };
}
