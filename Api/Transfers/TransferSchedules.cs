using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Work;
using FluentValidation;

namespace ChunkUpload.Api.Transfers;

/// <summary>/api/schedules: schedules that start transfers at times, or when files arrive.</summary>
internal static partial class TransferSchedules
{
    private const string Tag = "Transfer schedules";
    private const string All = "/api/schedules";
    private const string One = All + "/{id}";
    private const int Most = 200;
    private const int MostOfFolder = 16;
    private const int MostArrivals = 200;

    public static IReadOnlyList<ErrorRow> DraftFaults { get; } =
        [RequestError.NoSuchConnection, RequestError.ConnectionFailed, RequestError.TooManyTransfers];

    private static Refusal Absent { get; } = Refusal.Of(
        RequestError.NoSuchSchedule, "You have no schedule with this id. GET /api/schedules lists them.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(All, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(ListDoc);
        routes.MapPost(All, AddAsync).RequireAuthorization(AccessPolicy.Transfers).Document(AddDoc);
        routes.MapGet(One, GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(GetDoc);
        routes.MapPatch(One, ChangeAsync).RequireAuthorization(AccessPolicy.Transfers).Document(ChangeDoc);
        routes.MapDelete(One, RemoveAsync).RequireAuthorization(AccessPolicy.Transfers).Document(RemoveDoc);
        routes.MapGet(One + "/arrivals", ArrivalsAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(ArrivalsDoc);
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
        HttpContext context, IValidator<NewScheduleBody> validator, IScheduleLedger ledger, IArrivalLedger arrivals, TransferMaker maker,
        TransferScheduleWork work, IScheduleTimes times, TransferPace pace, WorkQueue queue, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(
            context, ApiJson.In.NewScheduleBody, validator, null, context.RequestAborted, NewTransferValidator.MostBytes);
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
        var (looked, refusal) = await LookAsync(context, schedule, body.Arrival, body.Transfer!.ToDraft(), arrivals, maker);
        if (looked is null)
            return refusal!;
        schedule = looked with { NextAt = work.NextOf(looked) };
        if (RefusalOf(await ledger.SetAsync(schedule, "made", Most, MostOfFolder, context.RequestAborted)) is { } tooMany)
            return tooMany;
        queue.Wake();
        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, $"{All}/{schedule.Id:n}");
        return JsonAnswer.Of(TransferScheduleView.Of(schedule), ApiJson.Out.TransferScheduleView, StatusCodes.Status201Created);
    }

    private static Refusal? RefusalOf(ScheduleSet set) => set switch
    {
        ScheduleSet.TooMany => Refusal.Of(RequestError.TooManyTransfers, $"A user has at most {Most} schedules; delete one first."),
        ScheduleSet.TooManyOfFolder => Refusal.Of(
            RequestError.TooManyTransfers,
            $"At most {MostOfFolder} schedules wait for what arrives in one folder; choose a folder below it."),
        _ => null,
    };

    /// <summary>Returns the schedule with this transfer, after checking both ends with the caller's rights.</summary>
    private static async Task<(TransferSchedule? Looked, Refusal? Refusal)> LookAsync(
        HttpContext context, TransferSchedule schedule, WhoseArrivalsBody? arrival, TransferDraft draft, IArrivalLedger arrivals,
        TransferMaker maker)
    {
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        if (arrival is not null)
        {
            string[] others = [.. (arrival.Others ?? []).Distinct()];
            if (await arrivals.UnknownAsync(caller.Tenant, others, stop) is [var unknown, ..])
                return (null, Refusal.Of(RequestError.InvalidField, $"arrival.others: {unknown} is not there."));
            if (draft.Source is not null)
                return (null, Refusal.Of(RequestError.InvalidField, "With arrival, transfer.source must be a folder of this service."));
            var (found, folder, fault) = await maker.LookAtArrivalsAsync(caller, draft, arrivals, stop);
            if (found is null)
                return (null, AddTransfer.RefusalOf(fault!));
            schedule = schedule with { Draft = found, Arrival = new ArrivalRule(folder, arrival.Own ?? true, others) };
        }
        else
        {
            var (named, fault) = await maker.LookAsync(caller, draft, stop);
            if (named is null)
                return (null, AddTransfer.RefusalOf(fault!));
            schedule = schedule with { Draft = named };
        }

        return await maker.MayAsync(caller, schedule.Draft.Draft, stop)
            ? (schedule, null)
            : (null, Refusal.Of(
                RequestError.NotPermitted, "A schedule runs without you, so make it as a user or with a key, not with a token."));
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, IScheduleLedger ledger) =>
        await FindAsync(id, context, ledger) is { } schedule
            ? JsonAnswer.Of(TransferScheduleView.Of(schedule), ApiJson.Out.TransferScheduleView)
            : Absent;

    private static async Task<IResult> ChangeAsync(
        string id, HttpContext context, IValidator<ScheduleChangeBody> validator, IScheduleLedger ledger, IArrivalLedger arrivals,
        TransferMaker maker, TransferScheduleWork work, IScheduleTimes times, WorkQueue queue, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(
            context, ApiJson.In.ScheduleChangeBody, validator, null, context.RequestAborted, NewTransferValidator.MostBytes);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (await FindAsync(id, context, ledger) is not { } schedule)
            return Absent;
        var arrival = body.Arrival ?? (body.Cron is null && body.At is null && schedule.Arrival is { } rule
            ? new WhoseArrivalsBody { Own = rule.Own, Others = rule.Others }
            : null);
        // From now on the schedule has the rights of the caller who changes it.
        var caller = context.Caller();
        var changed = schedule with
        {
            Scopes = caller.Scopes,
            ApiKey = caller.ApiKey,
            Title = body.Title ?? schedule.Title,
            Cron = body.Cron ?? (body.At is null && arrival is null ? schedule.Cron : null),
            OnceAt = body.At ?? (body.Cron is null && arrival is null ? schedule.OnceAt : null),
            Arrival = arrival is null ? null : schedule.Arrival,
            Zone = body.TimeZone ?? schedule.Zone,
            Enabled = body.Enabled ?? schedule.Enabled,
        };
        // A schedule whose time has passed may still be renamed.
        if ((changed.Enabled || body.Cron is not null || body.At is not null) && FaultOf(changed, times, time) is { } fault)
            return fault;
        // A key may only change schedules that it could have created.
        if (body.Transfer is not null || body.Arrival is not null || caller.ApiKey is not null)
        {
            var draft = body.Transfer?.ToDraft() ?? schedule.Draft.Draft;
            var (looked, refusal) = await LookAsync(context, changed, arrival, draft, arrivals, maker);
            if (looked is null)
                return refusal!;
            changed = looked;
        }

        changed = changed with { NextAt = changed.Enabled ? work.NextOf(changed) : null };
        if (RefusalOf(await ledger.SetAsync(changed, "changed", Most, MostOfFolder, context.RequestAborted)) is { } tooMany)
            return tooMany;
        queue.Wake();
        return await GetAsync(id, context, ledger);
    }

    private static async Task<IResult> ArrivalsAsync(
        string id, HttpContext context, IScheduleLedger ledger, IArrivalLedger arrivals)
    {
        if (await FindAsync(id, context, ledger) is not { } schedule)
            return Absent;
        var found = await arrivals.ListAsync(context.Caller(), schedule.Id, MostArrivals, context.RequestAborted);
        return JsonAnswer.Of(new ListOf<ArrivalView>([.. found.Select(ArrivalView.Of)], null), ApiJson.Out.ListOfArrivalView);
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
        if (schedule.Arrival is not null)
            return Refusal.Of(RequestError.BeginsByArrival, "It starts when a file arrives below its folder, not by hand.");
        var (result, reason, made, _) = await work.RunAsync(schedule, Guid.NewGuid(), context.RequestAborted);
        if (made is null || await transfers.FindAsync(context.Caller(), made.Value, context.RequestAborted) is not { } transfer)
        {
            return Refusal.Of(
                result == ScheduleResult.Skipped ? RequestError.TransferGoesOn : RequestError.ConnectionFailed,
                reason ?? "It did not start.");
        }

        await ledger.RanByHandAsync(schedule.Id, transfer.Id, context.RequestAborted);
        return JsonAnswer.Of(
            TransferView.Of(transfer, time.GetUtcNow(), transfer.Subject), ApiJson.Out.TransferView, StatusCodes.Status201Created);
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

        return TransferRoutes.FaultOf(schedule.OnceAt, "at", now);
    }
}
