using ChunkUpload.Api.Access;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Limits;

/// <summary>GET /api/limits: returns the limits that apply to the caller.</summary>
internal static class GetLimits
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/limits", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Self).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, LimitBook book, ILimitLedger ledger, Admission admission, BandwidthLimiter limiter, DayBook days,
        RateBook rates)
    {
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var views = new List<LimitView>
        {
            new()
            {
                Name = LimitNames.MaxFileSize,
                Scope = "service",
                Id = null,
                Limit = admission.LargestUpload(caller),
                Used = null,
                Available = null,
            },
        };
        var rows = book.Of(caller);
        foreach (var (target, values) in rows)
        {
            var usage = await ledger.UsageAsync(target.Tenant, target.Id, stop);
            views.AddRange(LimitNames.All.Where(name => name != LimitNames.MaxFileSize && LimitNames.Of(values, name) is not null)
                .Select(name => LimitView.Of(name, target, LimitNames.Of(values, name), Used(name, target, usage))));
        }

        foreach (var (name, direction) in LimitNames.Bandwidths)
        {
            views.AddRange(limiter.InForce(direction, rows)
                .Select(one => LimitView.Of(name, one.Target, one.Timetable, one.Now, Measured(direction, one.Target))));
        }

        // Also return counters without a limit, so that a client can show them.
        if (LimitTarget.OfSubject(caller.Tenant, caller.Subject) is { } own)
        {
            var usage = await ledger.UsageAsync(own.Tenant, own.Id, stop);
            views.AddRange(LimitNames.Counted.Concat(LimitNames.Daily)
                .Where(name => !views.Exists(view => view.Name == name && view.Id == own.Id))
                .Select(name => LimitView.Of(name, own, null, Used(name, own, usage))));
        }

        return JsonAnswer.Of(new ListOf<LimitView>(views, null), ApiJson.Out.ListOfLimitView);

        // Only operators see the bandwidth of the whole service.
        long? Measured(FlowDirection direction, LimitTarget target) =>
            target == LimitTarget.Service && !caller.Scopes.HasFlag(Scopes.Operate) ? null : limiter.Measured(direction, target);

        long? Used(string name, LimitTarget target, LimitUsage usage) =>
            name == DayBook.NameOf(FlowDirection.Receive) ? days.Used(target, FlowDirection.Receive)
            : name == DayBook.NameOf(FlowDirection.Send) ? days.Used(target, FlowDirection.Send)
            : LimitNames.Of(usage, name) ?? rates.Used(target, name);
    }

    private static EndpointDoc Doc => new(
        LimitRoutes.Tag, nameof(GetLimits), "Ask what you may have",
        """
        The limits in force for the caller: of the service, the tenant, the user and the key. All of them hold at once. `used` is what
        uploads take up: finished ones their size, unfinished ones what they have declared or received. The trash counts, copies do not.
        """)
    {
        Answers = [new(200, "The limits.", typeof(ListOf<LimitView>), Examples.Page(LimitView.Example))],
    };
}
