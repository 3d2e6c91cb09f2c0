namespace ChunkUpload.AdvisorLab.Model;

/// <summary>
/// Shares the link: max-min, each stream limited by its window and slow start, HTTP/2's streams also by those of their connection.
/// </summary>
internal sealed partial class UploadSimulation
{
    /// <summary>Sets every stream's rate. Returns when a limiting window doubles, or when the bytes of a probe are sent.</summary>
    private double Share()
    {
        var trip = _scenario.RoundTrip;
        var asks = AskRate();
        var capacity = _link - asks;
        var grows = asks > 0 ? _now + (_probeLeft / asks) : double.PositiveInfinity;
        Span<double> caps = stackalloc double[MostStreams];
        if (_scenario.Http2)
        {
            var shared = Math.Min(Grown(_sharedAge), _scenario.ConnectionWindow) / trip;
            if (shared < capacity)
            {
                capacity = shared;
                if (Grown(_sharedAge) < _scenario.ConnectionWindow)
                    grows = Math.Min(grows, _now + Doubles(_sharedAge));
            }
        }

        var sending = 0;
        for (var index = 0; index < MostStreams; index++)
        {
            ref var stream = ref _streams[index];
            stream.Rate = 0;
            if (stream.Phase != Phase.Sending || stream.Silent)
                continue;
            caps[index] = (_scenario.Http2 ? _scenario.Window : Math.Min(Grown(stream.Age), _scenario.Window)) / trip;
            sending++;
        }

        if (sending == 0 || capacity <= 0)
            return grows;
        while (sending > 0)
        {
            var share = capacity / sending;
            var capped = false;
            for (var index = 0; index < MostStreams; index++)
            {
                ref var stream = ref _streams[index];
                if (caps[index] <= 0 || caps[index] >= share)
                    continue;
                stream.Rate = caps[index];
                capacity -= caps[index];
                sending--;
                capped = true;
                if (!_scenario.Http2 && Grown(stream.Age) < _scenario.Window)
                    grows = Math.Min(grows, _now + Doubles(stream.Age));
                caps[index] = 0;
            }

            if (capped)
                continue;
            for (var index = 0; index < MostStreams; index++)
            {
                if (caps[index] > 0)
                    _streams[index].Rate = share;
            }

            break;
        }

        return grows;
    }

    // Second connections together get one stream's share.
    private double AskRate()
    {
        var sending = 0;
        for (var index = 0; index < MostStreams; index++)
            sending += _streams[index].Phase == Phase.Sending && !_streams[index].Silent ? 1 : 0;
        return _probeRate = _probeLeft > 0 && _link > 0 ? _link / (sending + 1) : 0;
    }

    private double Grown(double age)
    {
        var doublings = Math.Floor((age / _scenario.RoundTrip) + 1e-6);
        return doublings >= 20 ? double.MaxValue : FirstWindow * (1 << (int)doublings);
    }

    private double Doubles(double age)
    {
        var trip = _scenario.RoundTrip;
        return ((Math.Floor((age / trip) + 1e-6) + 1) * trip) - age;
    }
}
