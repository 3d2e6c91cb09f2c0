using ChunkUpload.Core.Advisor;

namespace ChunkUpload.AdvisorLab.Model;

/// <summary>
/// A client that asks over a second connection, beside a silent one, whether bytes still come: two round trips to connect, one to ask. While
/// the link is dead it gets no answer, and the first goes on when the link does; so it matters only to connections that the network has
/// dropped without a word.
/// </summary>
internal sealed partial class UploadSimulation
{
    private const int ProbeTrips = 3;

    private void Silence(ref StreamState stream)
    {
        stream.Silent = true;
        (stream.Probe, stream.Probing, stream.ProbeMade) = (_now + _sender.ProbeSeconds, false, double.PositiveInfinity);
    }

    private static double ProbeDue(in StreamState stream) =>
        !stream.Silent ? double.PositiveInfinity : stream.Probing ? stream.ProbeMade : stream.Probe;

    private void ProbesGoOn()
    {
        for (var index = 0; index < MostStreams; index++)
        {
            ref var stream = ref _streams[index];
            if (stream.Silent && stream.Probing && double.IsInfinity(stream.ProbeMade))
                stream.ProbeMade = _now + (ProbeTrips * _scenario.RoundTrip);
        }
    }

    private void Probe(int index)
    {
        ref var stream = ref _streams[index];
        if (!stream.Silent)
            return;
        if (!stream.Probing && _now >= stream.Probe - Soon)
        {
            stream.Probing = true;
            stream.ProbeMade = _link > 0 ? _now + (ProbeTrips * _scenario.RoundTrip) : double.PositiveInfinity;
        }

        if (!stream.Probing || _now < stream.ProbeMade - Soon)
            return;
        Break(index, BodyEnding.Stall, atOnce: true);
        (stream.Connected, stream.Age, stream.LastSend) = (true, 0, _now);
        if (_scenario.Http2)
            (_sharedOpen, _sharedUntil, _sharedAge, _sharedLastSend) = (true, double.NaN, 0, _now);
    }
}
