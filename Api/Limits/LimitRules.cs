using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Limits;

/// <summary>Validates the limits of a row.</summary>
internal static class LimitRules
{
    /// <param name="counts">Whether stored bytes, files and open uploads are counted for the target.</param>
    /// <param name="ofTenant">The limits of the tenant, which the new ones must not exceed; null if there is no bound.</param>
    /// <returns>Sentences, by the names of the fields.</returns>
    public static Dictionary<string, string[]> Faults(LimitValues values, LimitTarget target, bool counts, LimitValues? ofTenant)
    {
        var faults = new Dictionary<string, string[]>();
        var ofAddress = target == LimitTarget.DefaultOf(LimitScope.Address);
        var ofSession = target == LimitTarget.DefaultOf(LimitScope.Session);
        var hasBandwidthOnly = target == LimitTarget.Service || target == LimitTarget.DefaultOf(LimitScope.Upload);
        foreach (var name in LimitNames.All)
        {
            var value = LimitNames.Of(values, name);
            if (value is not null && ofAddress && !LimitNames.Rates.Contains(name))
                faults[name] = [$"{name} is not counted by address."];
            else if (value is not null && ofSession && !LimitNames.Rates.Contains(name) && !LimitNames.Daily.Contains(name))
                faults[name] = [$"{name} is not counted by sign-in; limit the user."];
            else if (value is not null && !counts && target.Scope == LimitScope.Key
                && (LimitNames.Counted.Contains(name) || LimitNames.Daily.Contains(name)))
                faults[name] = [$"{name} is counted for the user whose key this is; limit the user."];
            else if (value is not null && hasBandwidthOnly)
                faults[name] = [$"{name} is no limit of the service or of each upload; these have bandwidths only."];
            else if (ofTenant is not null && value > LimitNames.Of(ofTenant, name))
                faults[name] = [$"{name} can be at most {LimitNames.Of(ofTenant, name)}, which the tenant has."];
        }

        foreach (var (name, direction) in LimitNames.Bandwidths)
        {
            if (ofAddress && LimitNames.Of(values, direction) is not null)
                faults[name] = [$"{name} is not limited by address."];
        }

        if (values.Rules is not null && (ofAddress || ofSession || hasBandwidthOnly))
            faults["types"] = ["types, names and metadata are limits of tenants, users and keys."];
        return faults;
    }
}
