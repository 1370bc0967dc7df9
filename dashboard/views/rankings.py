from dashboard import controls, ranking_panel

controls.page("Rankings", "Who is really ahead, and does it depend on how one counts?")
opened = ranking_panel.require()
data, asked = ranking_panel.pick(opened)
ranking_panel.show(opened, data, asked)
